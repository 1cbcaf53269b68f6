/**
 * A syntax error of the YAML parser -> what an author did, where, and what to write instead. Pure. The parser
 * names the grammar's rule that broke; nearly always it is one of a few slips.
 */
import type { YAMLParseError } from 'yaml';
import type { Code } from '../codes.js';
import { oddAfterColon, oddBullet, oddCharacter } from '../odd-characters.js';
import type { OddCharacter } from '../odd-characters.js';
import { quoted } from '../words.js';
import type { Span } from './nodes.js';

export interface Explained extends Span {
  code: Code;
  message: string;
  help: string;
}

type Slip = Omit<Explained, 'start' | 'end'> & Partial<Span>;

/** Lines above an error that are searched for the dash that made it. */
const MAX_ITEM_LINES = 20;

const LIST_COLUMN = [
  'this `-` is in no column of the lines above',
  'begin all items of a list in the same column',
] as const;

/** `text` is what was parsed; the span is in it. */
export function explainError(error: YAMLParseError, text: string): Explained {
  const start = Math.min(error.pos[0], text.length);
  const end = Math.max(start + 1, Math.min(error.pos[1], endOfLine(text, start)));
  return { start, end, ...slipOf(error, text, start) };
}

/**
 * A character that only looks right and makes the error: a curly quote at the beginning of a value, a space
 * after a key that is none, both on the line of the error; a dash before an item, there or in the lines above.
 */
export function oddCause(error: YAMLParseError, text: string): Explained | null {
  const at = Math.min(error.pos[0], text.length);
  const start = text.lastIndexOf('\n', at - 1) + 1;
  const line = text.slice(start, endOfLine(text, at));
  const quote = /(?:: +|- +|[[{,] *)([\u2018-\u201f\u00ab\u00bb])/.exec(line);
  if (quote) return explained(oddCharacter(quote[1]!), start + quote.index + quote[0].length - 1);
  return explained(oddAfterColon(line), start) ?? bulletAbove(text, start);
}

/** An item's dash on the line that begins at `start`, or on one above whose item is not over before it. */
function bulletAbove(text: string, start: number): Explained | null {
  let indent = Infinity;
  let lines = 0;
  for (let at = start; ; at = text.lastIndexOf('\n', at - 2) + 1) {
    const line = text.slice(at, endOfLine(text, at));
    const column = line.length - line.trimStart().length;
    const bullet = line.trim() !== '' && column <= indent ? oddBullet(line) : null;
    if (bullet) return explained(bullet, at);
    if (line.trim() !== '') indent = Math.min(indent, column);
    if (at === 0 || ++lines > MAX_ITEM_LINES) return null;
  }
}

function explained(odd: OddCharacter | null, base: number): Explained | null {
  if (!odd) return null;
  const start = base + odd.index;
  return { code: 'RK013', message: odd.message, help: odd.help, start, end: start + odd.length };
}

interface Place {
  /** The parser's own words. */
  message: string;
  text: string;
  at: number;
  /** The line from `at` on. */
  rest: string;
}

const SLIPS: Partial<Record<YAMLParseError['code'], (place: Place) => Slip>> = {
  TAB_AS_INDENT: () =>
    yaml('a tab at the beginning of a line', 'indent with spaces, two for each level'),
  BAD_SCALAR_START: reserved,
  BLOCK_AS_IMPLICIT_KEY: nested,
  MULTILINE_IMPLICIT_KEY: keyless,
  MISSING_CHAR: (place) =>
    place.message.startsWith('Missing closing') ? unclosedQuote(place.text) : keyless(place),
  BAD_INDENT: indented,
  BAD_DQ_ESCAPE: () =>
    yaml('a backslash in double quotes begins an escape', 'use single quotes around the text'),
  UNEXPECTED_TOKEN: unexpected,
};

function slipOf({ code, message }: YAMLParseError, text: string, at: number): Slip {
  const explain = SLIPS[code];
  return explain
    ? explain({ message, text, at, rest: text.slice(at, endOfLine(text, at)) })
    : yaml(`this is not YAML: ${firstLine(message)}`, 'quote the text if it is meant as text');
}

function yaml(message: string, help: string): Slip {
  return { code: 'RK001', message, help };
}

function reserved({ rest, at }: Place): Slip {
  const value = /^[^,}\]]*/.exec(rest.replace(/\s#.*$/, ''))![0].trimEnd();
  const slip = yaml(
    `a text may not begin with ${rest.startsWith('`') ? 'a backtick' : `\`${rest[0]}\``}`,
    `quote it: ${quoted(value)}`,
  );
  return { ...slip, start: at, end: at + Math.max(1, value.length) };
}

/** `a: b: c`, or a line that is indented although the one before it has its value. */
function nested({ text, rest, at }: Place): Slip {
  const indent = rest.length - rest.trimStart().length;
  if (rest.startsWith('- ', indent))
    return { ...yaml(...LIST_COLUMN), start: at + indent, end: at + indent + 1 };
  const value = rest.replace(/\s#.*$/, '').trimEnd();
  if (/:(?:\s|$)/.test(value)) {
    const slip = yaml(
      'the text contains `: `, which begins a key',
      mapMeant(text, at, value) ?? `quote it: ${quoted(value)}`,
    );
    return { ...slip, start: at, end: at + value.length };
  }
  const next = endOfLine(text, at) + 1;
  const line = text.slice(next, endOfLine(text, next));
  return {
    ...yaml(
      'this line is indented, but the one above it has its value already',
      'begin it in the same column as the key above',
    ),
    start: next + line.length - line.trimStart().length,
    end: next + Math.max(1, line.trimEnd().length),
  };
}

/** Keys of lists of steps, and keys whose values are keys and values again. */
const LISTS = ['then', 'else', 'steps'];
const MAPS = ['enter', 'goal', 'who', 'if', 'while', 'to', 'with', 'schedule', 'count', 'where'];

/** `else: send: x` and `goal: event: x`: what stands after the key is no text, but belongs below it. */
function mapMeant(text: string, at: number, value: string): string | undefined {
  const line = text.slice(text.lastIndexOf('\n', at - 1) + 1, at + value.length);
  const [, key = '', rest] = /^[ -]*([a-z_]+): +([a-z_]+: .+)$/.exec(line) ?? [];
  if (rest === undefined) return undefined;
  if (LISTS.includes(key)) return `steps are a list, on the next line and indented: - ${rest}`;
  return MAPS.includes(key) ? `write ${key}: { ${rest} }` : undefined;
}

/** A line that should be a key with a value. */
function keyless({ rest, at }: Place): Slip {
  const line = rest.trimEnd();
  const place = { start: at, end: at + Math.max(1, line.length) };
  const glued = /^([\w-]+):(\S.*)$/.exec(line);
  if (glued)
    return {
      code: 'RK006',
      message: `a space is missing after the colon of \`${glued[1]}:\``,
      help: `write ${glued[1]}: ${glued[2]}`,
      ...place,
    };
  const dash = /^-(\w.*)$/.exec(line)?.[1];
  if (dash !== undefined)
    return { ...yaml('a space is missing after the `-`', `write - ${dash}`), ...place };
  if (line.startsWith('- ')) return yaml(...LIST_COLUMN);
  const [, key, value] = /^([\w-]+)(?:\s+(.*))?$/.exec(line) ?? [];
  return {
    ...yaml(
      `\`${line.slice(0, 40)}\` has no colon: a key is followed by a colon and its value`,
      key === undefined
        ? 'quote the text if it belongs to the line above'
        : `write ${key}: ${value ?? '…'}`,
    ),
    ...place,
  };
}

function unclosedQuote(text: string): Slip {
  const slip = yaml('the quote is never closed', 'close it at the end of the text');
  for (const opened of text.matchAll(/(?:: +|- +|[[{,] *)(["'])(.*)$/gm)) {
    if (opened[2]!.includes(opened[1]!)) continue;
    const end = opened.index + opened[0].length;
    return { ...slip, start: end - opened[2]!.length - 1, end };
  }
  return slip;
}

function indented({ message, text, at }: Place): Slip {
  const closing = /end with a ([}\]])/.exec(message)?.[1];
  if (closing !== undefined) {
    const opening = closing === '}' ? '{' : '[';
    return yaml(`a \`${opening}\` is not closed before this`, `close it with ${closing}`);
  }
  const line = text.slice(at, endOfLine(text, at));
  const indent = line.length - line.trimStart().length;
  return {
    ...yaml(
      'this line begins in no column of the lines above',
      'begin all keys of one map in the same column',
    ),
    start: at + indent,
    end: at + Math.max(indent + 1, line.trimEnd().length),
  };
}

function unexpected({ text, at }: Place): Slip {
  const line = text.slice(text.lastIndexOf('\n', at - 1) + 1, at);
  if (text.startsWith('- ', at))
    return yaml(
      'a list cannot begin on the line of its key',
      'write the first - on the line below',
    );
  if (/["']\s*$/.test(line))
    return yaml(
      'the text goes on after its closing quote',
      "quote all of it; a quote inside is written as the other kind, or twice: 'it''s'",
    );
  return yaml(
    `\`${text[at] ?? ''}\` does not belong here`,
    'remove it, or quote the text it belongs to',
  );
}

function endOfLine(text: string, at: number): number {
  const newline = text.indexOf('\n', at);
  return newline < 0 ? text.length : newline;
}

function firstLine(message: string): string {
  const line = message.split('\n', 1)[0]!;
  return line.charAt(0).toLowerCase() + line.slice(1);
}
