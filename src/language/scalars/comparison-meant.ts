/**
 * Texts that are meant as a comparison, `"> 50"`, `"pro,team"`, `"*@gmail.com"`, and how that is written here: the value of a test is
 * what it is compared with, and nothing in it is read as a sign. The one item of a list is taken as it stands: so a text is meant.
 */
import type { Reading } from '../reading.js';
import type { Node } from '../syntax/nodes.js';
import { quoted, shorten } from '../words.js';

/** `word` of the test to be written instead, and its value; `none`: it must not be so. */
interface Meant {
  word: string;
  value: string;
  none?: true;
}

const SIGNS: Readonly<Record<string, readonly [word: string, opposite: string]>> = {
  '>': ['more_than', 'at_most'],
  '<': ['less_than', 'at_least'],
  '>=': ['at_least', 'less_than'],
  '=>': ['at_least', 'less_than'],
  '≥': ['at_least', 'less_than'],
  '<=': ['at_most', 'more_than'],
  '=<': ['at_most', 'more_than'],
  '≤': ['at_most', 'more_than'],
  '!=': ['is_not', 'is'],
  '<>': ['is_not', 'is'],
  '≠': ['is_not', 'is'],
  '=': ['is', 'is_not'],
  '==': ['is', 'is_not'],
};
const SIGNED = /^([<>=!]=|=[<>]|<>|[<>=≥≤≠])\s*(\S.*)$/;
const NUMBER = /^-?\d+(?:\.\d+)?$/;
/** Words without a space between them: what people write as a text has one behind the comma. */
const LISTED = /^[A-Za-z][\w-]*(?:[,|][A-Za-z][\w-]*)+$/;

/** Warns where the value of a test reads like one. `as`: the word of the test, null where the value stands at a property. */
export function warnComparisonMeant(reading: Reading, node: Node, as: string | null): void {
  if (node.kind !== 'text') return;
  const meant = comparisonMeant(node.text.trim(), as ?? 'is');
  if (!meant) return;
  const test = `${meant.word}: ${meant.value}`;
  const instead = meant.none
    ? `say none: with a condition that has ${test}`
    : as === null
      ? `write { ${test} }`
      : `write ${test}`;
  const asText = ['is', 'is_not'].includes(as ?? 'is')
    ? `; for the text as it is ${as === 'is_not' ? 'not_in' : 'in'}: [${quoted(node.text)}]`
    : '';
  reading.warn(
    'RK433',
    node,
    `this is compared with the text "${shorten(node.text, 80)}"`,
    `${instead}${asText}`,
  );
}

/** The items of `in:`, `not_in:` (`word` may be the property's name, too) and `contains_any:`, where there are several. */
export function warnComparisonsListed(
  reading: Reading,
  items: readonly Node[],
  word: string,
): void {
  if (items.length < 2) return;
  const as = word === 'not_in' ? 'is_not' : word === 'contains_any' ? 'contains' : 'is';
  for (const node of items) {
    const meant = node.kind === 'text' ? comparisonMeant(node.text.trim(), as) : null;
    if (!meant || node.kind !== 'text') continue;
    reading.warn(
      'RK433',
      node,
      `this is compared with the text "${shorten(node.text, 80)}"`,
      `${insteadOfItem(meant, as)}; the text as it is stands alone in a list: [${quoted(node.text)}]`,
    );
  }
}

function insteadOfItem({ word, value, none }: Meant, as: 'is' | 'is_not' | 'contains'): string {
  if (word === 'in' || word === 'not_in')
    return `write each as an item of its own: ${value.slice(1, -1)}`;
  if (word === as) return `write ${value} as the item`;
  const beside = `with a condition that has ${word}: ${value}`;
  return `take it out of the list and say ${none ? 'none' : as === 'is_not' ? 'all' : 'any'}: ${beside} beside it`;
}

function comparisonMeant(text: string, word: string): Meant | null {
  const isNegated = word === 'is_not';
  if (word === 'is' || isNegated) {
    const signed = signedMeant(text, isNegated);
    if (signed) return signed;
    if (LISTED.test(text))
      return { word: isNegated ? 'not_in' : 'in', value: `[${text.split(/[,|]/).join(', ')}]` };
    if (text === '*') return { word: isNegated ? 'missing' : 'exists', value: 'true' };
  }
  const starred = starsMeant(text);
  return starred && (isNegated ? { ...starred, none: true } : starred);
}

function signedMeant(text: string, isNegated: boolean): Meant | null {
  const [, sign = '', value = ''] = SIGNED.exec(text) ?? [];
  const words = SIGNS[sign];
  if (!words) return null;
  const word = words[isNegated ? 1 : 0];
  if (word.startsWith('is')) return { word, value: plain(value) };
  if (NUMBER.test(value)) return { word, value };
  // A day, after which or before which something is.
  if (!/^\d{4}-\d\d-\d\d$/.test(value)) return null;
  return { word: word === 'more_than' || word === 'at_least' ? 'after' : 'before', value };
}

/** `*@gmail.com`, `promo-*`, `*team*`: with a word beside the star, which `5*` is not. */
function starsMeant(text: string): Meant | null {
  const [, before = '', part = '', after = ''] = /^(\*?)([^*]+)(\*?)$/.exec(text) ?? [];
  if (before + after === '' || !/[A-Za-z]{2}/.test(part)) return null;
  const word = before && after ? 'contains' : before ? 'ends_with' : 'starts_with';
  return { word, value: plain(part) };
}

function plain(value: string): string {
  return /^[A-Za-z][\w .-]*$/.test(value) ? value : quoted(value);
}
