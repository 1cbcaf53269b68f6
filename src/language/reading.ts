/**
 * The reading of one file: collects its diagnostics, the references it makes and the places of what was
 * read, so that definitions stay free of positions and later checks can still point into the file.
 * Readers return `undefined` for what they could not understand and have reported.
 */
import type { Diagnostic, Position } from '../core/diagnostic.js';
import type { Code } from './codes.js';
import { DAILY_AT, type Sampling } from './conditions/sampled-shapes.js';
import type { Topic } from './project/project-shapes.js';
import type { ScoreBody } from './scores/score-shapes.js';
import type { SourceFile } from './source-file.js';
import { LineIndex } from './syntax/line-index.js';
import { describeNode } from './syntax/nodes.js';
import type { MapNode, Node, Span, TextNode } from './syntax/nodes.js';
import { countOf, shorten } from './words.js';
import type { OddCharacter } from './odd-characters.js';
import { oddAfterColon, oddBullet, oddCharacter, oddInName } from './odd-characters.js';

export type ReferenceKind =
  | 'segment'
  | 'score'
  | 'campaign'
  | 'send'
  | 'template'
  | 'topic'
  | 'sender'
  | 'endpoint';

/** A definition with the reading of its file. */
export interface Read<D> {
  definition: D;
  reading: Reading;
}

/** A name used in a definition, to be resolved once every file was read. */
export interface Reference {
  kind: ReferenceKind;
  name: string;
  at: Span;
}

/** Errors, and as many warnings, that are listed of one file. */
export const MAX_LISTED = 200;

/** What is said of a text that should be a word of the language, a number, an id: plain characters. */
const OF_PLAIN_TEXT: ReadonlySet<Code> = new Set<Code>([
  ...(['RK101', 'RK106', 'RK301', 'RK401', 'RK408'] as const),
  ...(['RK201', 'RK202', 'RK203', 'RK204', 'RK205', 'RK206', 'RK207', 'RK208'] as const),
  ...(['RK210', 'RK211', 'RK212', 'RK501', 'RK502', 'RK503', 'RK504', 'RK507'] as const),
  ...(['RK512'] as const),
  ...(['RK701', 'RK702'] as const),
]);

/** What is said of a file as a whole: of a half nobody knows whether the rest has it. */
const OF_WHOLE_FILES: ReadonlySet<Code> = new Set<Code>([
  ...(['RK102', 'RK306', 'RK310', 'RK319', 'RK403', 'RK404', 'RK406', 'RK407', 'RK408'] as const),
  ...([
    'RK409',
    'RK412',
    'RK420',
    'RK421',
    'RK422',
    'RK423',
    'RK424',
    'RK425',
    'RK432',
    'RK436',
    'RK437',
  ] as const),
  ...(['RK440', 'RK442', 'RK609', 'RK612', 'RK702', 'RK703'] as const),
]);

/** Help that takes work to find is only looked for when the diagnostic is listed. */
export type Help = string | (() => string | undefined);

export class Reading {
  private readonly listed: Diagnostic[] = [];
  private readonly counts = { error: 0, warning: 0 };
  readonly references: Reference[] = [];
  readonly lines: LineIndex;
  /** Only a part of the file could be read: what is wrong in it is said, and nothing is made of it. */
  half = false;
  /** Told of every map that is read and what may stand in it: how the schema for editors learns the keys. */
  onFields?: (rules: { what: string; keys: readonly string[] }) => void;
  private readonly places = new WeakMap<object, Span>();
  /** The project's topics, once its file was read. */
  topics: Readonly<Record<string, Topic>> = {};
  /** When the project takes its samples, once its file was read. */
  sampling: Sampling = { zone: 'UTC', at: DAILY_AT };

  /** The scores that conditions are about, to be found once every file was read. */
  readonly scores: { name: TextNode; band: TextNode | null; body: ScoreBody }[] = [];

  constructor(readonly file: SourceFile) {
    this.lines = new LineIndex(file.text);
  }

  get hasErrors(): boolean {
    return this.counts.error > 0;
  }

  /** Whether an error was said of something in here; at its very beginning it is of what stands before. */
  hasErrorIn(span: Span): boolean {
    const { start, end } = this.lines.range(span);
    const isIn = ({ line, column }: Position): boolean =>
      line > start.line && (line < end.line || (line === end.line && column < end.column));
    return this.listed.some(
      ({ severity, range: { start: at } }) =>
        severity === 'error' && (isIn(at) || (at.line === start.line && at.column > start.column)),
    );
  }

  /** In the order of lines; the last one says how many more there are. */
  get diagnostics(): Diagnostic[] {
    const inOrder = [...this.listed].sort(
      ({ range: { start: a } }, { range: { start: b } }) => a.line - b.line || a.column - b.column,
    );
    const more = this.unlisted();
    return more ? [...inOrder, more] : inOrder;
  }

  error(code: Code, at: Span, message: string, help?: Help): undefined {
    this.add('error', code, at, message, help);
  }

  /**
   * Reports a character in a name or a value that only looks like the one meant (`\u201cpro\u201d`); true when there
   * is one. What stands in quotes is meant as it is.
   */
  refuseOdd(at: Span): boolean {
    const text = this.file.text.slice(at.start, at.end);
    const odd = /^["']/.test(text) ? null : oddInName(text);
    if (odd) this.reportOdd(odd, at.start, ', or quote the whole text if it is meant so');
    return odd !== null;
  }

  /** `base`: where the text that was looked at begins. */
  reportOdd({ index, length, message, help }: OddCharacter, base: number, orElse = ''): undefined {
    const start = base + index;
    this.error('RK013', { start, end: start + length }, message, `${help}${orElse}`);
  }

  warn(code: Code, at: Span, message: string, help?: Help): undefined {
    this.add('warning', code, at, message, help);
  }

  private add(
    severity: Diagnostic['severity'],
    code: Code,
    at: Span,
    message: string,
    help?: Help,
  ): void {
    if (this.half && OF_WHOLE_FILES.has(code)) return;
    if (this.counts[severity] < MAX_LISTED && OF_PLAIN_TEXT.has(code)) {
      // The character is the reason, whatever it made of the word.
      const odd = oddCharacter(this.file.text.slice(at.start, at.end));
      if (odd) return this.reportOdd(odd, at.start);
    }
    if (++this.counts[severity] > MAX_LISTED) return;
    const advice = typeof help === 'function' ? help() : help;
    this.listed.push({
      code,
      severity,
      file: this.file.path,
      range: this.lines.range(at),
      message: shorten(message),
      ...(advice === undefined ? {} : { help: shorten(advice) }),
    });
  }

  /** What was found beyond the bound, as a diagnostic of its own. */
  private unlisted(): Diagnostic | undefined {
    const more = (severity: Diagnostic['severity']): number =>
      Math.max(0, this.counts[severity] - MAX_LISTED);
    const said = (['error', 'warning'] as const)
      .filter((severity) => more(severity) > 0)
      .map((severity) => countOf(more(severity), `more ${severity}`));
    if (said.length === 0) return undefined;
    const start = { line: 1, column: 1 };
    return {
      code: 'RK012',
      severity: more('error') > 0 ? 'error' : 'warning',
      file: this.file.path,
      range: { start, end: start },
      message: `${said.join(' and ')} in this file`,
      help: 'mend the first ones and check again',
    };
  }

  /** What a score is; it is filled in when every file was read (scores/find-scores.ts). */
  scoreOf(name: TextNode, band: TextNode | null): ScoreBody {
    const body: ScoreBody = { base: 0, points: [], range: null, bands: [] };
    this.scores.push({ name, band, body });
    return body;
  }

  refer(kind: ReferenceKind, node: TextNode): void {
    this.references.push({ kind, name: node.text, at: node });
  }

  /** Remembers where `thing` was read from and hands it back. */
  placed<T extends object>(thing: T, at: Span): T {
    this.places.set(thing, at);
    return thing;
  }

  placeOf(thing: object): Span {
    return this.places.get(thing) ?? { start: 0, end: 0 };
  }

  /** `help`: how to write what stands there, where the place knows. */
  asMap(node: Node, what: string, help?: string): MapNode | undefined {
    return node.kind === 'map' ? node : this.wrongKind(node, what, 'keys and values', help);
  }

  asText(node: Node, what: string): TextNode | undefined {
    return node.kind === 'text' ? node : this.wrongKind(node, what, 'a text');
  }

  /** The items of a list; `[]` is a list with none. */
  asList(node: Node, what: string, help?: string): Node[] | undefined {
    return node.kind === 'list' ? node.items : this.wrongKind(node, what, 'a list', help);
  }

  private wrongKind(node: Node, what: string, wanted: Wanted, help?: string): undefined {
    if (node.kind === 'broken') return undefined;
    const source = this.file.text.slice(node.start, node.end);
    const odd = oddBullet(source) ?? (node.kind === 'text' && node.plain && oddAfterColon(source));
    if (odd) return this.reportOdd(odd, node.start);
    const glued =
      node.kind === 'text' && node.plain ? /^([a-z_]+):((?!\/\/)\S.*)$/.exec(node.text) : null;
    if (glued) {
      return this.error(
        'RK006',
        node,
        `a space is missing after the colon of \`${glued[1]}:\``,
        `write ${glued[1]}: ${glued[2]}`,
      );
    }
    const message = `${what} is ${wanted}, but this is ${describeNode(node)}`;
    return this.error('RK100', node, message, help ?? helpForKind(wanted, node));
  }
}

type Wanted = 'keys and values' | 'a text' | 'a list';

/** How to write what was wanted instead of what is there. */
function helpForKind(wanted: Wanted, { kind }: Node): string {
  if (wanted === 'a text')
    return kind === 'list'
      ? 'write one of them, without the `-` or the brackets'
      : 'write one text; quote it when it holds `: ` or begins with {';
  if (wanted === 'a list')
    return 'put each item on a line of its own after `- `, or all of them between [ and ]';
  return kind === 'list'
    ? 'remove the `-` or the brackets: it is one, not several'
    : 'write its keys on lines of their own below it, indented, or between { and }';
}

/** What was read, where the whole file could be; undefined of a half. */
export function whole<T>({ half }: Reading, read: T): T | undefined {
  return half ? undefined : read;
}
