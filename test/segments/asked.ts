/** Questions of the law: a profile of a world at an instant, for the SQL and for the in-memory evaluator at once. */
import type { Subject } from '../../src/segments/evaluate.js';
import type { Question } from './reference-evaluator.js';
import { PROJECT_ZONE, SEGMENTS, type WorldProfile } from './worlds.js';

function zoneOf(profile: WorldProfile): string {
  return profile.zone ?? PROJECT_ZONE;
}

export interface Asked {
  profile: WorldProfile;
  question: Question;
  subject: Subject;
  /** Dates in what is known of the profile. */
  dates: string[];
}

export function ask(
  profile: WorldProfile,
  moment: Omit<Question, 'zone'>,
  subjectId: number,
): Asked {
  const zone = zoneOf(profile);
  const { at, since, waitSince = null, entry } = moment;
  return {
    profile,
    question: { at, since, waitSince, entry, zone },
    subject: {
      subjectId,
      profileId: profile.id,
      at,
      since,
      waitSince,
      entry,
      zone,
      // The engine knows of its own; whoever else asks, does not.
      stays: subjectId % 2 === 0 ? staysAt(profile, at) : undefined,
    },
    dates: datesIn(profile.traits, profile.events, entry),
  };
}

function staysAt({ stays = {} }: WorldProfile, at: number): Record<string, number | null> {
  const since = (id: string): number | null => {
    const latest = stays[id]?.findLast(({ from }) => from <= at);
    return latest?.member ? latest.from : null;
  };
  return Object.fromEntries(SEGMENTS.map((id) => [id, since(id)]));
}

/** Everything in there that looks like a date. */
export function datesIn(...parts: unknown[]): string[] {
  return [
    ...new Set(
      [...JSON.stringify(parts).matchAll(/"(\d{4}-\d\d-\d\d[^"]*)"/g)].map(([, date]) => date!),
    ),
  ];
}
