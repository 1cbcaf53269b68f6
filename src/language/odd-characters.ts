/**
 * Characters that only look like the ones meant: what a word processor, a chat or a keyboard of another
 * script puts in their place. In: a piece of source. Out: the first such character, what it is and what to
 * type. Free texts (subjects, descriptions) are never asked about. Pure.
 */

export interface OddCharacter {
  /** Offset in the text, in UTF-16 units, and how many of them it is. */
  index: number;
  length: number;
  message: string;
  help: string;
}

type Kind = 'quote' | 'space' | 'invisible' | 'dash' | 'wide' | 'letter';

const KINDS: readonly [Kind, RegExp][] = [
  ['quote', /[\u2018-\u201f\u2039\u203a\u00ab\u00bb]/],
  ['space', /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/],
  ['invisible', /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/],
  ['dash', /[\u2010-\u2015\u2212]/],
  ['wide', /[\uff01-\uff5e]/],
];
const SINGLE_QUOTES = /[\u2018-\u201b\u2039\u203a]/;

/** Cyrillic and Greek letters and the Latin ones that they are drawn like. */
const LATIN = new Map([
  ...pairs('аеорсухіјѕԁһкАВЕКМНОРСТУХІЈЅ', 'aeopcyxijsdhkABEKMHOPCTYXIJS'),
  ...pairs('αονρικτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ', 'aovpiktuxABEZHIKMNOPTYX'),
]);
const WORD = /[\p{L}\p{M}\p{N}_]+/gu;
const OTHER_SCRIPT = /[\p{Script=Cyrillic}\p{Script=Greek}]/u;
const LATIN_LETTER = /\p{Script=Latin}/u;

/** The first one in a text where only plain characters make sense: a word of the language, a number, a path of files. */
export function oddCharacter(text: string): OddCharacter | null {
  return firstOf(text, KINDS, (word) => isMixed(word) || isDrawnLikeLatin(word));
}

/** The first one in an expression: as above, but names may be of any one script. */
export function oddInExpression(text: string): OddCharacter | null {
  return firstOf(text, KINDS, isMixed);
}

/**
 * The first one in the name of an event, a trait or a property, or in a value. These are the application's: a
 * dash may be in them, or an apostrophe; quotes around them are not, nor a mix of scripts within a word.
 */
export function oddInName(text: string): OddCharacter | null {
  const quote = /^[\u2018-\u201f\u00ab]|[\u201c-\u201f\u00bb]$/.exec(text);
  if (quote) return described('quote', quote[0], quote.index, text);
  return firstOf(text, KINDS.slice(1, 3), isMixed);
}

/** Lines that are indented by what is no space, and items or keys nevertheless: offsets of the character. */
export function oddIndentations(text: string): number[] {
  const line =
    /^([ \t]*)[\u00a0\u1680\u2000-\u200f\u202f\u205f\u3000][^\S\n]*(?:- |[\w.-]+:(?:\s|$))/gm;
  return [...text.matchAll(line)].map((found) => found.index + found[1]!.length);
}

/** What is no space after the colon of a key: to YAML there is no key at all. The text begins with the key. */
export function oddAfterColon(text: string): OddCharacter | null {
  const key = /^[ \t]*(?:- +)*[\w.-]+:(?=[^\S\n]|[\u200b-\u200f\u2060\ufeff])[ \t]*/.exec(
    text,
  )?.[0];
  const first = key === undefined ? undefined : text[key.length];
  const odd = first === undefined ? null : firstOf(first, KINDS.slice(1, 3), isMixed);
  return odd && { ...odd, index: key!.length };
}

/** A dash that stands where the `-` of a list item is meant: `\u2013 send: x`. */
export function oddBullet(text: string): OddCharacter | null {
  const before = /^[ \t]*(?=[\u2010-\u2015\u2212]\s)/.exec(text)?.[0];
  const odd = before === undefined ? null : oddCharacter(text[before.length]!);
  return odd && { ...odd, index: before!.length };
}

/**
 * The quotes of a word processor around the whole of a text, as a pair; null when there are none, or more of
 * them in it (`\u201cA\u201d and \u201cB\u201d`: those are the text's own).
 */
export function oddQuotesAround(text: string): { opening: string; closing: string } | null {
  const double =
    /^[\u201c-\u201f\u00ab\u00bb][^\u201c-\u201f\u00ab\u00bb]+[\u201c-\u201f\u00ab\u00bb]$/;
  const single =
    /^[\u2018\u201a\u201b\u2039\u203a](?:[^\u2018-\u201b\u2039\u203a]|\p{L}\u2019\p{L})+[\u2018\u2019\u2039\u203a]$/u;
  return double.test(text) || single.test(text)
    ? { opening: text[0]!, closing: text.at(-1)! }
    : null;
}

function firstOf(
  text: string,
  kinds: typeof KINDS,
  isOdd: (word: string) => boolean,
): OddCharacter | null {
  let first: { kind: Kind; index: number; character: string; word: string } | null = null;
  for (const [kind, pattern] of kinds) {
    const found = pattern.exec(text);
    if (found && (!first || found.index < first.index))
      first = { kind, index: found.index, character: found[0], word: text };
  }
  for (const { 0: word, index } of text.matchAll(WORD)) {
    if (first && first.index <= index) break;
    const letter = isOdd(word) ? OTHER_SCRIPT.exec(word) : null;
    if (letter) {
      first = { kind: 'letter', index: index + letter.index, character: letter[0], word };
      break;
    }
  }
  return first && described(first.kind, first.character, first.index, first.word);
}

function described(kind: Kind, character: string, index: number, word: string): OddCharacter {
  const code = `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
  const at = { index, length: character.length };
  switch (kind) {
    case 'quote': {
      const plain = SINGLE_QUOTES.test(character) ? "'" : '"';
      return { ...at, message: `a curly quote (${code}) is no quote here`, help: `type ${plain}` };
    }
    case 'space': {
      const name = /[\u00a0\u202f]/.test(character) ? 'a non-breaking space' : 'a special space';
      return {
        ...at,
        message: `${name} (${code}) is no space here`,
        help: 'type an ordinary space',
      };
    }
    case 'invisible':
      return {
        ...at,
        message: `an invisible character (${code}) stands here`,
        help: 'delete it; if it cannot be found, type the word again',
      };
    case 'dash':
      return { ...at, message: `a dash (${code}) is no hyphen here`, help: 'type -' };
    case 'wide': {
      const plain = String.fromCodePoint(character.codePointAt(0)! - 0xfee0);
      const message = `\`${character}\` (${code}) is a full-width character`;
      return { ...at, message, help: `type ${plain}` };
    }
    case 'letter':
      return { ...at, ...describedLetter(character, code, word) };
  }
}

function describedLetter(
  letter: string,
  code: string,
  word: string,
): Pick<OddCharacter, 'message' | 'help'> {
  const script = /\p{Script=Greek}/u.test(letter) ? 'Greek' : 'Cyrillic';
  const latin = lettersOf(word)
    .map((one) => LATIN.get(one) ?? one)
    .join('');
  return OTHER_SCRIPT.test(latin)
    ? {
        message: `the letter \`${letter}\` (${code}) in \`${word}\` is ${script}, others are Latin`,
        help: 'type the word in one script',
      }
    : {
        message: `the letter \`${letter}\` (${code}) in \`${word}\` is ${script} and only looks Latin`,
        help: `type ${latin}`,
      };
}

function isMixed(word: string): boolean {
  return OTHER_SCRIPT.test(word) && LATIN_LETTER.test(word);
}

function isDrawnLikeLatin(word: string): boolean {
  return (
    OTHER_SCRIPT.test(word) && lettersOf(word).every((one) => LATIN.has(one) || /[\d_]/.test(one))
  );
}

function pairs(from: string, to: string): [string, string][] {
  return lettersOf(from).map((letter, index) => [letter, to[index]!]);
}

/** One string per letter; all of them are single UTF-16 units where it matters. */
function lettersOf(text: string): string[] {
  return Array.from(text);
}
