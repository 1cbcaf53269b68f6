/**
 * Messages, stage 4: whom a broadcast would reach, before it is asked for. In: whom it is about and an instant. Out: how
 * many match, and of those who would get a mail now and who would not, by the decision that the engine takes as well.
 * However many they are, some thousands are in memory at once.
 */
import { isHeldOut } from '../campaigns/hold-out.js';
import { instantToSql, type Instant } from '../core/instant.js';
import type { ConnectionSource, Queryable } from '../core/queryable.js';
import { inTransaction } from '../core/transaction.js';
import type { CampaignDefinition, ProjectDefinition } from '../language/definitions.js';
import { paceTakes, windowOfPace, type PaceTakes } from '../language/gates/pace-takes.js';
import type { CompiledCondition } from '../segments/compile-condition.js';
import { matchingQuery } from '../segments/evaluate.js';
import { decideRecipient, type RecipientDecision } from './decide-message.js';
import { loadSuppressions } from './gate-facts.sql.js';
import { suppressionKey } from '../core/parse-address.js';

export interface BroadcastReach {
  /** Profiles that match; the five below add up to it. */
  count: number;
  reachable: number;
  withoutAddress: number;
  suppressed: number;
  notSubscribed: number;
  /** Could get one, but is held out of the campaign. */
  heldOut: number;
  /** Some of those who would get a mail, to be looked at. */
  sample: { profileId: number; address: string }[];
  /** How long their mails take at the pace of the campaign; null: it has none. */
  takes: PaceTakes | null;
}

/** What a broadcast is about. */
export interface BroadcastQuestion {
  definition: Pick<
    CampaignDefinition,
    'id' | 'purpose' | 'topic' | 'holdout' | 'pace' | 'sendWindow'
  >;
  who: CompiledCondition;
  project: ProjectDefinition;
  at: Instant;
  /** The data that every enrolment begins with. */
  entry: Record<string, unknown>;
}

interface Matching {
  profileId: number;
  email: unknown;
  /** What the profile said about the topic, and about everything; null = nothing. */
  subscription: boolean | null;
  everything: boolean | null;
  /** It is left alone at that instant. */
  pausedUntil: Instant | null;
}

const ROWS_AT_ONCE = 5_000;
const SAMPLED = 5;

const REASONS = {
  no_address: 'withoutAddress',
  suppressed: 'suppressed',
  unsubscribed: 'notSubscribed',
} as const;

/** Looks at everybody who matches `who` at `at`. */
export async function broadcastReach(
  source: ConnectionSource,
  question: BroadcastQuestion,
): Promise<BroadcastReach> {
  return inTransaction(source, async (sql) => {
    const reach: BroadcastReach = {
      count: 0,
      reachable: 0,
      withoutAddress: 0,
      suppressed: 0,
      notSubscribed: 0,
      heldOut: 0,
      sample: [],
      takes: null,
    };
    await openCursor(sql, question);
    for (;;) {
      const { rows } = await sql.query<Matching>(`fetch ${ROWS_AT_ONCE} from matching`);
      const decisions = await decide(sql, question, rows);
      rows.forEach((row, index) => add(reach, question, row, decisions[index]!));
      if (rows.length < ROWS_AT_ONCE) return { ...reach, takes: takesOf(question, reach) };
    }
  });
}

/** Ends with the transaction. */
async function openCursor(
  sql: Queryable,
  { definition, who, project, at, entry }: BroadcastQuestion,
): Promise<void> {
  const { text, values } = await matchingQuery(sql, who, { at, entry, projectZone: project.zone });
  // All of it is read, so it is planned for all of it.
  await sql.query('set local cursor_tuple_fraction = 1');
  await sql.query(
    `declare matching no scroll cursor for
     select p.id as "profileId", p.traits -> 'email' as email, s.subscribed as subscription, e.subscribed as everything,
       q.until as "pausedUntil"
     from (${text}) m
     join profiles p on p.id = m.subject
     left join subscriptions s on s.profile_id = p.id and s.topic = $${values.length + 1}::text
     left join subscriptions e on e.profile_id = p.id and e.topic = '*'
     left join profile_pauses q on q.profile_id = p.id
       and q.since <= $${values.length + 2}::timestamptz(3) and q.until > $${values.length + 2}::timestamptz(3)`,
    [...values, definition.topic, instantToSql(at)],
  );
}

async function decide(
  sql: Queryable,
  { definition: { purpose, topic }, project }: BroadcastQuestion,
  rows: readonly Matching[],
): Promise<RecipientDecision[]> {
  const keys = rows.map(({ email }) => suppressionKey(email));
  const reasons = await loadSuppressions(
    sql,
    keys.filter((key) => key !== null),
  );
  return rows.map(({ email, subscription, everything, pausedUntil }, index) => {
    const key = keys[index]!;
    return decideRecipient({
      purpose,
      topic,
      project,
      profile: { email },
      suppressed: (key !== null && reasons.get(key)) || null,
      subscription,
      unsubscribedFromAll: everything === false,
      pausedUntil,
    });
  });
}

function takesOf(
  { definition, project }: BroadcastQuestion,
  { reachable }: BroadcastReach,
): PaceTakes | null {
  const { pace } = definition;
  return pace ? paceTakes(reachable, pace, windowOfPace(definition, project)) : null;
}

function add(
  reach: BroadcastReach,
  { definition, project }: BroadcastQuestion,
  { profileId }: Matching,
  decision: RecipientDecision,
): void {
  reach.count++;
  if ('skipped' in decision) {
    reach[REASONS[decision.skipped]]++;
    return;
  }
  if (isHeldOut(project, definition, profileId)) {
    reach.heldOut++;
    return;
  }
  reach.reachable++;
  if (reach.sample.length < SAMPLED)
    reach.sample.push({ profileId, address: decision.send.address });
}
