/**
 * Messages, stage 4: whom a broadcast would reach, before it is asked for. In: whom it is about and an instant. Out: how
 * many match, and of those who would get a mail now and who would not, by the decision that the engine takes as well.
 */
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { SHARD_COUNT } from '../core/shard.js';
import type { CampaignDefinition, ProjectDefinition } from '../language/definitions.js';
import type { CompiledCondition } from '../segments/compile-condition.js';
import { findMatching } from '../segments/evaluate.js';
import { decideMessage } from './decide-message.js';
import { consentFor, loadGateFacts, type GateFacts } from './gate-facts.sql.js';

export interface BroadcastReach {
  /** Profiles that match; the four below add up to it. */
  count: number;
  reachable: number;
  withoutAddress: number;
  suppressed: number;
  notSubscribed: number;
  /** Some of those who would get a mail, to be looked at. */
  sample: { profileId: number; address: string }[];
}

/** Shards asked together, and profiles looked at together: what is in memory at once. */
const SHARDS_AT_ONCE = 16;
const PROFILES_AT_ONCE = 5_000;
const SAMPLED = 5;

const REASONS = {
  no_address: 'withoutAddress',
  suppressed: 'suppressed',
  unsubscribed: 'notSubscribed',
} as const;

/** Looks at everybody who matches `who` at `at`. */
export async function broadcastReach(
  sql: Queryable,
  {
    definition: { purpose, topic },
    ...o
  }: {
    definition: Pick<CampaignDefinition, 'purpose' | 'topic'>;
    who: CompiledCondition;
    project: ProjectDefinition;
    at: Instant;
  },
): Promise<BroadcastReach> {
  const reach: BroadcastReach = {
    count: 0,
    reachable: 0,
    withoutAddress: 0,
    suppressed: 0,
    notSubscribed: 0,
    sample: [],
  };
  const add = (facts: GateFacts): void => {
    const decision = decideMessage({
      purpose,
      topic,
      project: o.project,
      profile: { email: facts.email },
      suppressed: facts.suppressed,
      ...consentFor(facts, topic),
    });
    reach.count++;
    if ('skipped' in decision) {
      reach[REASONS[decision.skipped]]++;
      return;
    }
    reach.reachable++;
    if (reach.sample.length < SAMPLED)
      reach.sample.push({ profileId: facts.profileId, address: decision.send.address });
  };
  for (let first = 0; first < SHARD_COUNT; first += SHARDS_AT_ONCE) {
    const shards = Array.from({ length: SHARDS_AT_ONCE }, (_, n) => first + n);
    const of = { shards, at: o.at, projectZone: o.project.zone };
    const ids = await findMatching(sql, o.who, of);
    for (let from = 0; from < ids.length; from += PROFILES_AT_ONCE) {
      const facts = await loadGateFacts(sql, ids.slice(from, from + PROFILES_AT_ONCE));
      for (const one of facts.values()) add(one);
    }
  }
  return reach;
}
