/**
 * Stage 3. Who goes which way of a split: a lot that a profile draws once and for ever, for one split of one campaign. Not
 * by chance but by hash, so that every engine, every simulation and every explanation find the same. Pure.
 */
import { createHash } from 'node:crypto';
import type { SplitArm } from '../language/definitions.js';

/** A number from 0 up to, and not including, 1; the same for the same three. */
export function lotOf(campaign: string, step: string, profileId: number): number {
  const hash = createHash('sha256')
    .update(JSON.stringify([campaign, step, profileId]))
    .digest();
  return hash.readUIntBE(0, 6) / 2 ** 48;
}

/** The name of the arm that a lot falls to: the shares lie side by side, in the order in which they are written. */
export function armOf(arms: readonly SplitArm[], lot: number): string {
  let end = 0;
  for (const { name, share } of arms) {
    end += share;
    if (lot * 10_000 < end) return name;
  }
  return arms.at(-1)!.name;
}
