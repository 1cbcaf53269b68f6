/**
 * A syntax error of the YAML parser -> what an author did, where, and what to write instead. Pure. The parser
 * names the grammar's rule that broke; nearly always it is one of a few slips.
 */
import type { YAMLParseError } from 'yaml';
import type { Code } from '../codes.js';
import { oddCharacter } from '../odd-characters.js';
import type { Span } from './nodes.js';

export interface Explained extends Span {
  code: Code;
  message: string;
  help: string;
}

type Slip = Omit<Explained, 'start' | 'end'> & Partial<Span>;

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

/** A value that begins with a curly quote, on the line of the error: meant as quotes, and nothing to YAML. */
export function oddQuote(error: YAMLParseError, text: string): Explained | null {
  const at = Math.min(error.pos[0], text.length);
  const start = text.lastIndexOf('\n', at - 1) + 1;
  const line = text.slice(start, endOfLine(text, at));
  const quote = /(?:: +|- +|[[{,] *)([\u2018-\u201f\u00ab\u00bb])/.exec(line);
  const odd = quote && oddCharacter(quote[1]!);
  if (!odd) return null;
  const from = start + quote.index + quote[0].length - 1;
  return { code: 'RK013', message: odd.message, help: odd.help, start: from, end: from + 1 };
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
    const slip = yaml('the text contains `: `, which begins a key', `quote it: ${quoted(value)}`);
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

function quoted(value: string): string {
  return value.includes('"')
    ? `'${value.replaceAll("'", "''")}'`
    : `"${value.replaceAll('\\', '\\\\')}"`;
}

function endOfLine(text: string, at: number): number {
  const newline = text.indexOf('\n', at);
  return newline < 0 ? text.length : newline;
}

function firstLine(message: string): string {
  const line = message.split('\n', 1)[0]!;
  return line.charAt(0).toLowerCase() + line.slice(1);
}
