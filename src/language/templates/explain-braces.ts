/**
 * Why the braces of a text cannot be read, in words of whoever writes mails: the place, what is wrong there and what to write instead.
 * The parser of templates says what it expected of its grammar, often at the end of the file. In: a text that it has refused. Pure.
 */
import Handlebars from 'handlebars';
import { shorten } from '../words.js';

interface BracesProblem {
  /** Offsets in the text. */
  start: number;
  end: number;
  message: string;
  help: string;
}

/** One pair of braces with what stands in it. */
interface Piece {
  start: number;
  end: number;
  /** `{{#if profile.vip}}` */
  text: string;
  /** `#if profile.vip` */
  inner: string;
}

type Found = BracesProblem | null;

/** The first problem from the top. */
export function explainBraces(text: string): BracesProblem {
  const open: { name: string; piece: Piece }[] = [];
  let at = 0;
  for (;;) {
    const start = text.indexOf('{{', at);
    if (start < 0) break;
    const end = endOf(text, start);
    if (end === null) return unclosed(text, start);
    const piece = pieceAt(text, start, end);
    const found = piece.inner.startsWith('!') ? null : explainPiece(text, piece, open);
    if (found) return found;
    at = end;
  }
  const left = open.at(-1);
  if (left) return neverClosed(left.name, left.piece);
  const end = text.indexOf('\n');
  return { start: 0, end: end < 0 ? text.length : end, ...UNREADABLE };
}

const UNREADABLE = {
  message: 'what stands between {{ and }} cannot be read',
  help: 'a variable, {{profile.first_name}}, or a helper and what it is about: {{date profile.created_at}}',
};

/** Behind its closing braces; null: there are none before the next opening ones. */
function endOf(text: string, start: number): number | null {
  const [opening, closing] = text.startsWith('{{!--', start)
    ? ['{{!--', '--}}']
    : text.startsWith('{{{', start)
      ? ['{{{', '}}}']
      : ['{{', '}}'];
  const end = text.indexOf(closing, start + opening.length);
  if (end < 0) return null;
  const next = text.indexOf('{{', start + opening.length);
  const isComment = text.startsWith('{{!', start);
  return !isComment && next >= 0 && next < end ? null : end + closing.length;
}

function pieceAt(text: string, start: number, end: number): Piece {
  const piece = text.slice(start, end);
  const inner = piece.replace(/^\{+~?/, '').replace(/~?\}+$/, '');
  return { start, end, text: piece, inner: inner.trim() };
}

function unclosed(text: string, start: number): BracesProblem {
  const line = text.indexOf('\n', start);
  const ends = line < 0 ? text.length : line;
  if (text.startsWith('{{!', start))
    return {
      start,
      end: ends,
      message: 'this remark is never closed',
      help: 'a remark for yourself is {{!-- … --}}',
    };
  const next = text.indexOf('{{', start + 2);
  const written = text.slice(start, next < 0 ? ends : Math.min(next, ends));
  const name = /^\{+~?\s*([#/]?[\w.-]*(?: [\w.-]+)*)/.exec(written)?.[1] ?? '';
  const closed = name === '' ? '{{profile.first_name}}' : `{{${name}}}`;
  return {
    start,
    end: start + written.trimEnd().length,
    message: `this {{ is never closed`,
    help: `write ${closed}, with two braces before and two behind`,
  };
}

/** Keeps the blocks that are open. */
function explainPiece(text: string, piece: Piece, open: { name: string; piece: Piece }[]): Found {
  const { inner } = piece;
  const [word = ''] = inner.split(/\s/, 1);
  if (word.startsWith('#')) {
    const name = word.slice(1);
    open.push({ name, piece });
    return reads(`${piece.text}{{/${name}}}`) ? null : unreadable(piece);
  }
  if (word.startsWith('/')) return explainClosing(text, piece, word.slice(1), open.pop());
  if (word === 'else' || word === '^') {
    if (open.length === 0) return outside(piece);
    return reads(`{{#if a}}${piece.text}{{/if}}`) ? null : unreadable(piece);
  }
  return reads(piece.text) ? null : unreadable(piece);
}

function reads(text: string): boolean {
  try {
    Handlebars.parseWithoutProcessing(text);
    return true;
  } catch {
    return false;
  }
}

function explainClosing(
  text: string,
  { start, end }: Piece,
  name: string,
  opened: { name: string; piece: Piece } | undefined,
): Found {
  if (!opened)
    return {
      start,
      end,
      message: `{{/${name}}} closes a block that was not opened`,
      help: `remove it, or write {{#${name} …}} where the block begins`,
    };
  if (opened.name === name) return null;
  const line = text.slice(0, opened.piece.start).split('\n').length;
  const away = text.slice(0, start).split('\n').length - line;
  const where = away === 0 ? 'on this line' : `${away} ${away === 1 ? 'line' : 'lines'} above`;
  return {
    start,
    end,
    message: `{{/${name}}} stands where ${shorten(opened.piece.text)} ${where} is still open`,
    help: `write {{/${opened.name}}} first: the block that was opened last is closed first`,
  };
}

function neverClosed(name: string, { start, end, text }: Piece): BracesProblem {
  return {
    start,
    end,
    message: `${shorten(text)} is never closed`,
    help: `write {{/${name}}} where it ends`,
  };
}

function outside({ start, end, text }: Piece): BracesProblem {
  const message = `${text} stands outside of a block`;
  return { start, end, message, help: 'write {{#if …}} before it and {{/if}} behind it' };
}

function unreadable({ start, end, inner }: Piece): BracesProblem {
  return { start, end, ...explainInner(inner) };
}

function explainInner(inner: string): Pick<BracesProblem, 'message' | 'help'> {
  if (/^[#/>]?$/.test(inner))
    return {
      message: 'nothing stands between {{ and }}',
      help: 'name what is to be written there: {{profile.first_name}}',
    };
  const bare = inner.replace(/"[^"]*"|'[^']*'/g, '');
  if (/["']/.test(bare))
    return {
      message: 'a quote between {{ and }} is not closed',
      help: 'texts stand in quotes: {{default profile.first_name "there"}}',
    };
  if (bare.includes('|'))
    return {
      message: '`|` means nothing between {{ and }}',
      help: 'a helper stands before what it is about: {{date profile.created_at}}',
    };
  const comparing = /[=!<>]=+|&&|[<>&]|(?<=\s)=(?=\s)|^#?\w+ !/.exec(bare)?.[0];
  if (comparing)
    return {
      message: `\`${comparing.trim()}\` means nothing between {{ and }}`,
      help: '{{#if (eq profile.plan "pro")}}; there are eq, not, and, or. What is more or less the campaign finds out: choose: below with:',
    };
  const count = (character: string): number => bare.split(character).length;
  if (count('(') !== count(')'))
    return {
      message: 'a bracket between {{ and }} has no partner',
      help: 'a helper inside of another stands in brackets: {{#if (eq profile.plan "pro")}}',
    };
  return UNREADABLE;
}
