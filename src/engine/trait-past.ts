/** Traits of a profile in the engine's hands: as of an instant, and with what a step has just stated. Pure. */
import type { Instant } from '../core/instant.js';
import type { TraitChange } from '../ingest/trait-statements.js';
import type { ProfileState } from './window.js';

/** A top-level trait of the profile as it was at `at`. */
export function traitAt(profile: ProfileState, trait: string, at: Instant): unknown {
  let value = Object.hasOwn(profile.traits, trait) ? profile.traits[trait] : undefined;
  for (const change of profile.traitChanges) {
    if (change.at <= at) break;
    if (change.trait === trait) value = change.before ?? undefined;
  }
  return value;
}

/**
 * Takes over what was stated at `at` and stored: the present traits and, where a later change is known, what that one
 * found. `now`: the row as it is now.
 */
export function seeTraits(
  profile: ProfileState,
  now: Pick<ProfileState, 'traits' | 'zone'>,
  at: Instant,
  changes: readonly TraitChange[],
): void {
  profile.traits = now.traits;
  profile.zone = now.zone;
  for (const { trait, before, after } of changes) {
    // Latest first: the last one of this trait that is later is the next in time.
    const next = profile.traitChanges.findLast(
      (change) => change.trait === trait && change.at > at,
    );
    if (!next) continue;
    next.before = after;
    const place = profile.traitChanges.findIndex((change) => change.at <= at);
    const own = { trait, before, at };
    if (place < 0) profile.traitChanges.push(own);
    else profile.traitChanges.splice(place, 0, own);
  }
}
