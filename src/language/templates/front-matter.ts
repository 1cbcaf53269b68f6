/**
 * A template file -> what stands between the `---` lines and the body after them. Positions stay those of
 * the file.
 */
import type { Scalar } from '../definitions.js';
import { Fields } from '../fields.js';
import { whole, type Reading } from '../reading.js';
import { mapOf } from '../scalars/read-data.js';
import { readScalar } from '../scalars/read-number.js';
import { readProseLine, readName } from '../scalars/read-text.js';
import { commentAfter, warnOfCut } from '../syntax/comments.js';
import type { Node, TextNode } from '../syntax/nodes.js';
import { parseYaml } from '../syntax/parse-yaml.js';

export interface FrontMatter {
  subject: TextNode;
  preheader: TextNode | null;
  from: string | null;
  defaults: Record<string, Scalar>;
  sample: Record<string, unknown>;
  /** Undefined: the default layout; null: none. */
  layout: TextNode | null | undefined;
}

export interface SplitTemplate {
  frontMatter: FrontMatter | undefined;
  /** Offset of the body in the file. */
  bodyStart: number;
}

const OPENING = /^\uFEFF?---[ \t]*\r?\n/;
const CLOSING = /^---[ \t]*(?:\r?\n|$)/m;
const EXAMPLE = 'begin the file with\n---\nsubject: Welcome\n---';

/** Undefined (reported) when the file has no front matter or it is not closed. */
export function splitTemplate(reading: Reading): SplitTemplate | undefined {
  const { text } = reading.file;
  const opening = OPENING.exec(text);
  if (!opening)
    return reading.error('RK601', { start: 0, end: 0 }, 'the front matter is missing', EXAMPLE);
  const start = opening[0].length;
  const closing = CLOSING.exec(text.slice(start));
  if (!closing)
    return reading.error(
      'RK601',
      { start: 0, end: 3 },
      'the front matter is never closed',
      'end it with a line ---',
    );
  const root = parseYaml(reading, text.slice(start, start + closing.index), start);
  return {
    frontMatter: root && whole(reading, readFrontMatter(reading, root)),
    bodyStart: start + closing.index + closing[0].length,
  };
}

function readFrontMatter(reading: Reading, root: Node): FrontMatter | undefined {
  const map = reading.asMap(root, 'the front matter');
  if (!map) return undefined;
  const fields = new Fields(reading, map, {
    what: 'the front matter',
    keys: ['subject', 'preheader', 'from', 'defaults', 'sample', 'layout'],
    elsewhere: {
      to: 'a mail goes to the profile',
      topic: 'it belongs to the campaign or its send step',
      locale: 'it is part of the file name: offer.ru.mjml',
    },
  });
  const subjectNode = fields.need('subject', 'subject: Welcome');
  const subject = subjectNode && lineNode(reading, subjectNode, '`subject:`');
  const preheader = fields.optional('preheader', (node) => lineNode(reading, node, '`preheader:`'));
  const from = fields.optional('from', (node) => readFrom(reading, node));
  const defaults = fields.optional('defaults', (node) => readDefaults(reading, node));
  const sample = fields.optional('sample', (node) => readSample(reading, node));
  const layout = fields.optional('layout', (node) => readName(reading, node, 'a layout', true));
  if (
    !subject ||
    preheader === undefined ||
    from === undefined ||
    defaults === undefined ||
    sample === undefined ||
    layout === undefined
  )
    return undefined;
  return {
    subject,
    preheader,
    from,
    defaults: defaults ?? {},
    sample: sample ?? {},
    layout: layout === null ? undefined : layout.text === 'none' ? null : layout,
  };
}

function lineNode(reading: Reading, node: Node, what: string): TextNode | undefined {
  const text = readProseLine(reading, node, what);
  // Elsewhere a comment behind a space is one; people would read the mail without it.
  const comment =
    node.kind === 'text' && node.plain ? commentAfter(reading.file.text, node.end) : null;
  if (text !== undefined && comment !== null && /^\s+#(?:\s|$)/.test(comment))
    warnOfCut(reading, node, text, comment);
  return text === undefined ? undefined : { ...(node as TextNode), text };
}

function readFrom(reading: Reading, node: Node): string | undefined {
  const name = readName(reading, node, 'a sender');
  if (name) reading.refer('sender', name);
  return name?.text;
}

/** `{ profile.first_name: there }`. */
function readDefaults(reading: Reading, node: Node): Record<string, Scalar> | undefined {
  const map = reading.asMap(node, '`defaults:`');
  const pairs = map?.entries.map(({ key, value }) => {
    if (value.kind === 'map') {
      return reading.error(
        'RK100',
        value,
        `the default of ${key.text} is a map`,
        `name the variable in one word: ${key.text}.${value.entries[0]?.key.text ?? 'name'}`,
      );
    }
    const scalar =
      value.kind === 'broken'
        ? undefined
        : readScalar(reading, value, `the default of ${key.text}`);
    return scalar === undefined ? undefined : ([key.text, scalar] as const);
  });
  return pairs?.every((pair) => pair !== undefined) ? Object.fromEntries(pairs) : undefined;
}

/** Example data for previews: plain scalars are numbers and truth values where they look like it. */
function readSample(reading: Reading, node: Node): Record<string, unknown> | undefined {
  const map = reading.asMap(node, '`sample:`');
  return map && mapOf(map);
}
