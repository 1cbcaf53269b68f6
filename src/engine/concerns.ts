/** Which facts a condition is to be asked again after. Pure. */
import { NEVER, type Instant } from '../core/instant.js';
import { isOwnEvent } from '../core/own-events.js';
import type { CompiledCondition } from '../segments/compile-condition.js';
import { mayMatterBefore } from '../segments/sampling.js';
import { isNamed } from '../segments/test-value.js';
import type { Fact } from './window.js';

type Told = Pick<Fact, 'kind' | 'name' | 'data' | 'judgedAt'>;
type Reads = CompiledCondition['reads'];
type MemberReads = NonNullable<Reads['company']>['members'];

/** Whether a fact may change the truth of a condition that is asked again at `changesAt` in any case. */
export function concerns(
  { reads }: CompiledCondition,
  fact: Told,
  changesAt: Instant = NEVER,
): boolean {
  switch (fact.kind) {
    case 'account':
      return concernsCompany(reads, fact.data);
    case 'membership':
      return reads.stays.has(fact.name!);
    case 'sample':
      return reads.rankings.has(fact.name!);
    case 'member': {
      // Somebody of the same company: what that was, in its own words.
      const { kind, data } = fact.data as Pick<Fact, 'kind' | 'data'>;
      if (reads.company === null) return false;
      return kind === 'account'
        ? concernsCompany(reads, data)
        : concernsProfile(reads.company.members, { ...fact, kind, data }, changesAt);
    }
    case 'event':
    case 'traits':
    case 'topics':
    case 'import':
    case 'merge':
    case 'enrol':
    case 'migrate':
      return concernsProfile(reads, fact, changesAt);
  }
}

function concernsProfile(
  reads: MemberReads,
  { kind, name, data, judgedAt }: Told,
  changesAt: Instant,
): boolean {
  switch (kind) {
    case 'event':
      return (
        reads.events.has(name!) ||
        (reads.anyEvent && !isOwnEvent(name!)) ||
        reads.sampled.some(
          ({ names, sampling }) =>
            isNamed(names, name!) && mayMatterBefore(changesAt, judgedAt, sampling),
        )
      );
    case 'traits': {
      // Without traits it tells of a new profile or a new birth: that may change anything.
      const traits = Object.keys(data);
      return traits.length === 0 || traits.some((trait) => reads.traits.has(trait));
    }
    case 'topics':
      // A word about all topics is a word about each.
      return Object.keys(data).some((topic) =>
        topic === '*' ? reads.topics.size > 0 : reads.topics.has(topic),
      );
    case 'import':
    case 'merge':
      return true;
    case 'enrol':
    case 'migrate':
    case 'account':
    case 'member':
    case 'membership':
    case 'sample':
      return false;
  }
}

/** A move from one company to another changes everything of it. */
function concernsCompany({ company }: Reads, data: Record<string, unknown>): boolean {
  const { moved, traits } = data as { moved: boolean; traits: string[] };
  return company !== null && (moved || traits.some((trait) => company.traits.has(trait)));
}
