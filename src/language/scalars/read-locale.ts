/** Locales: a language people speak, perhaps with a script and a region, written as BCP 47 writes it. */
import type { Reading } from '../reading.js';
import type { Node } from '../syntax/nodes.js';
import { readLine } from './read-text.js';

const names = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' });

/** `ru`, `pt-BR`: how Intl writes the locale, null for what is none or of no known language. */
function canonical(text: string): string | null {
  try {
    const [locale] = Intl.getCanonicalLocales(text.replaceAll('_', '-'));
    return locale && names.of(new Intl.Locale(locale).language) !== undefined ? locale : null;
  } catch {
    return null;
  }
}

/** The two letters of a language named in English: `german` is `de`. */
function byName(name: string): string | null {
  const letters = Array.from('abcdefghijklmnopqrstuvwxyz');
  const codes = letters.flatMap((a) => letters.map((b) => a + b));
  return codes.find((code) => names.of(code)?.toLowerCase() === name.toLowerCase()) ?? null;
}

/** What is wrong with a locale, as help; null when nothing is. */
export function localeHelp(text: string): string | null {
  const locale = canonical(text);
  if (locale === text) return null;
  const meant = locale ?? byName(text);
  return meant === null
    ? 'a language, with a region where it matters: en, ru, pt-BR'
    : `did you mean ${meant}?`;
}

/** The locale of a key. */
export function readLocale(reading: Reading, node: Node): string | undefined {
  const text = readLine(reading, node, '`locale:`');
  if (text === undefined) return undefined;
  const help = localeHelp(text);
  return help === null ? text : reading.error('RK211', node, `\`${text}\` is not a locale`, help);
}
