/** What variables begin with in other tools -> what they begin with here. Pure. */
import { nearest } from './words.js';

const OURS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    'customer contact user person recipient subscriber lead member client people'
      .split(' ')
      .map((word) => [word, 'profile']),
  ),
  ...Object.fromEntries(
    'company organization organisation org group'.split(' ').map((word) => [word, 'account']),
  ),
  ...Object.fromEntries('event trigger properties'.split(' ').map((word) => [word, 'entry'])),
};

/** One of `known` that a path's first word is meant as; null where nobody can know. */
export function namespaceMeant(first: string, known: readonly string[]): string | null {
  const ours = OURS[first.toLowerCase()];
  return ours !== undefined && known.includes(ours) ? ours : nearest(first, known);
}
