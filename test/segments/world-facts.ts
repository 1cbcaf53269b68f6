/** When the facts of a world (worlds.ts) come that concern a profile: what the engine would be told of. */
import type { Sampling } from '../../src/language/conditions/sampled-shapes.js';
import type { CompiledCondition } from '../../src/segments/compile-condition.js';
import type { ProfileReads } from '../../src/segments/condition-reads.js';
import type { World, WorldProfile } from './worlds.js';

export interface KnownFact {
  at: number;
  /** Set: only a sample counts it, taken then every day. */
  sampling?: Sampling;
}

/** The facts that the condition reads of a profile, its company and its colleagues, as they arrive. */
export function factsFor(
  { reads }: CompiledCondition,
  profile: WorldProfile,
  { profiles, accounts = [], cutoffs = [] }: World,
  after: number,
): KnownFact[] {
  const stays = Object.entries(profile.stays ?? {}).flatMap(([id, moves]) =>
    reads.stays.has(id) ? moves.map(({ from: at }) => ({ at })) : [],
  );
  const samples = reads.rankings.size > 0 ? cutoffs.map(({ from: at }) => ({ at })) : [];
  const own = [...ownFacts(reads, profile), ...stays, ...samples];
  const { company } = reads;
  const together = (other: WorldProfile, at: number): boolean => {
    const theirs = companiesFrom(other, at);
    return companiesFrom(profile, at).some((id) => theirs.includes(id));
  };
  const moves = (of: WorldProfile): KnownFact[] =>
    (of.companies ?? []).map(({ from: at }) => ({ at }));
  const shared = company
    ? [
        ...moves(profile),
        ...accounts.flatMap(({ traits }) => traitFacts(company, traits)),
        ...profiles
          .filter((other) => other !== profile && !other.merged)
          .flatMap((other) =>
            [...ownFacts(company.members, other), ...moves(other)].filter(({ at }) =>
              together(other, at),
            ),
          ),
      ]
    : [];
  return [...own, ...shared].filter(({ at }) => at > after).toSorted((a, b) => a.at - b.at);
}

/** The companies of a profile just before an instant and ever after. */
function companiesFrom({ companies = [] }: WorldProfile, at: number): (number | null)[] {
  return companies
    .filter((_, index) => (companies[index + 1]?.from ?? Infinity) >= at)
    .flatMap(({ id }) => id ?? []);
}

function traitFacts(
  { traits: read }: { traits: ReadonlySet<string> },
  traits: WorldProfile['traits'],
): KnownFact[] {
  return Object.entries(traits).flatMap(([trait, history]) =>
    read.has(trait) ? history.map(({ from: at }) => ({ at })) : [],
  );
}

function ownFacts(reads: ProfileReads, profile: WorldProfile): KnownFact[] {
  const events = profile.events
    .filter(({ name }) => reads.events.has(name) || (reads.anyEvent && !name.startsWith('$')))
    .map(({ judgedAt: at }) => ({ at }));
  const sampled = reads.sampled.flatMap(({ names, sampling }) =>
    profile.events
      .filter(({ name }) =>
        names.kind === 'any' ? !name.startsWith('$') : names.names.includes(name),
      )
      .map(({ judgedAt: at }) => ({ at, sampling })),
  );
  const topics = Object.entries(profile.consents ?? {}).flatMap(([topic, said]) =>
    reads.topics.has(topic) || (topic === '*' && reads.topics.size > 0)
      ? said.map(({ from: at }) => ({ at }))
      : [],
  );
  return [...events, ...sampled, ...traitFacts(reads, profile.traits), ...topics];
}
