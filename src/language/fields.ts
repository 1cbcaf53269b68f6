/**
 * The keys of one map, checked against what may stand there. Reports every other key: a near miss with the
 * word meant, another tool's word with ours. The reader then asks for values by name and can be sure that
 * nothing was passed over.
 */
import { ourWordFor } from './foreign-words.js';
import { keyInEnglish, sayInEnglish } from './keys-in-english.js';
import type { Reading } from './reading.js';
import type { MapNode, Node, TextNode } from './syntax/nodes.js';
import { nearest, suggest } from './words.js';

export interface FieldRules {
  /** `a campaign`, `wait`: how messages call the map. */
  what: string;
  /** Keys that are read. */
  keys: readonly string[];
  /** Keys that belong elsewhere, with the help that says where. */
  elsewhere?: Readonly<Record<string, string>>;
  /** What may stand beside the map in its list: steps beside a step. */
  beside?: readonly string[];
}

export class Fields {
  private readonly values = new Map<string, { key: TextNode; value: Node }>();
  /** Keys that others were reported as misspellings of: they are there, in a way. */
  private readonly meant = new Set<string>();

  constructor(
    private readonly reading: Reading,
    readonly node: MapNode,
    private readonly rules: FieldRules,
  ) {
    reading.onFields?.(rules);
    for (const entry of node.entries) {
      if (rules.keys.includes(entry.key.text)) this.values.set(entry.key.text, entry);
      else {
        const meant = reportKey(reading, entry.key, rules);
        if (meant !== null) this.meant.add(meant);
      }
    }
  }

  /** The value of a key; undefined when the key is absent or its value was broken. */
  get(key: string): Node | undefined {
    const value = this.values.get(key)?.value;
    return value?.kind === 'broken' ? undefined : value;
  }

  /** The key as it stands in the file. */
  key(key: string): TextNode | undefined {
    return this.values.get(key)?.key;
  }

  has(key: string): boolean {
    return this.values.has(key);
  }

  /** The value of a key that must be there; reports its absence. */
  need(key: string, help?: string): Node | undefined {
    if (!this.has(key) && !this.meant.has(key) && !this.node.incomplete)
      this.reading.error(
        'RK102',
        headOf(this.node),
        `${this.rules.what} needs \`${key}:\``,
        help ?? `add ${key}:`,
      );
    return this.get(key);
  }

  /** Reads a key's value with `read`, null when the key is absent, undefined when it is wrong. */
  optional<T>(key: string, read: (node: Node) => T | undefined): T | null | undefined {
    if (!this.has(key)) return null;
    const node = this.get(key);
    return node && read(node);
  }

  /** The keys among `names` that are there, in the order of the file. */
  present(names: readonly string[]): TextNode[] {
    return this.node.entries
      .map((entry) => entry.key)
      .filter((key) => names.includes(key.text) && this.has(key.text));
  }
}

/** Where to point for something a map lacks: its first key, or all of it. */
function headOf(node: MapNode): { start: number; end: number } {
  return node.entries[0]?.key ?? node;
}

/** Reports a key that may not stand in a map of `rules`; the key that it was taken for, null when for none. */
function reportKey(
  reading: Reading,
  key: TextNode,
  { what, keys, elsewhere = {}, beside = [] }: FieldRules,
): string | null {
  const word = key.text;
  if (Object.hasOwn(elsewhere, word)) {
    reading.error('RK101', key, `\`${word}\` is not a key of ${what}`, elsewhere[word]);
    return null;
  }
  const ours = ourWordFor(word, keys);
  if (ours) {
    reading.error('RK104', key, `\`${word}\` is another tool's word`, `here it is called ${ours}`);
    return ours;
  }
  const step = ourWordFor(word, beside);
  if (step) {
    const help = `here it is called ${step}, and stands beside it: - ${step}: …`;
    reading.error('RK104', key, `\`${word}\` is another tool's word`, help);
    return null;
  }
  const near = nearest(word, keys);
  const opposite = /^(?:not?_|un)(.+)$/.exec(word)?.[1];
  const contrary = opposite !== undefined && keys.includes(opposite);
  reading.error(
    'RK101',
    key,
    `\`${word}\` is not a key of ${what}`,
    contrary
      ? `\`${opposite}\` is the contrary: put a condition with it under none:`
      : ((near === null ? sayInEnglish(word, keys) : null) ?? suggest(word, keys, 'its keys')),
  );
  return contrary ? null : (near ?? keyInEnglish(word, keys));
}
