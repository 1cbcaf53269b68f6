/**
 * Variables that a template only asks for, `{{#if profile.frist_name}}`, and that its sample does not know though it has nearly
 * the same name: no mail would fail of it, so nothing else would tell. Warns. In: what the template itself reads, with its front matter.
 */
import { editDistance } from '../words.js';
import type { FrontMatter } from './front-matter.js';
import type { Part } from './partials.js';

/** Shorter names are too easily alike. */
const LEAST_CHARACTERS = 4;

export function warnOfSlips(
  { reading, needs, reads }: Part,
  { sample, defaults }: Pick<FrontMatter, 'sample' | 'defaults'>,
): void {
  const needed = new Set(needs);
  for (const [variable, at] of reads) {
    const [namespace = '', name, ...deeper] = variable.split('.');
    const known = sample[namespace];
    if (needed.has(variable) || Object.hasOwn(defaults, variable)) continue;
    if (name === undefined || typeof known !== 'object' || known === null) continue;
    if (Object.hasOwn(known, name)) continue;
    const meant = Object.keys(known).find((one) => isSlip(name, one));
    if (meant !== undefined)
      reading.warn(
        'RK608',
        at,
        `the sample has no ${namespace}.${name}`,
        `did you mean ${[namespace, meant, ...deeper].join('.')}, which it has? Else give the sample a value for ${variable} too`,
      );
  }
}

/** One character more, less, other or two swapped; numbers and plurals are names of their own. */
function isSlip(written: string, known: string): boolean {
  const bare = (name: string): string => name.replace(/\d+|s$/g, '');
  const isLong = Math.min(written.length, known.length) >= LEAST_CHARACTERS;
  return isLong && bare(written) !== bare(known) && editDistance(written, known, 1) <= 1;
}
