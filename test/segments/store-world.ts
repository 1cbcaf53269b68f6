/** Writes a world of the law (worlds.ts) to a database: what ingest and the engine would have stored of it. */
import type { Queryable } from '../../src/core/queryable.js';
import { tookAt } from './reference-samples.js';
import { shardOf } from '../../src/core/shard.js';
import type { ConditionReads } from '../../src/segments/condition-reads.js';
import type { ReferenceAccount, ReferenceProfile } from './reference-evaluator.js';
import { START, type World, type WorldProfile } from './worlds.js';

/** Writes a world: profiles, trait history, events and their counts. */
export async function store(sql: Queryable, { profiles, accounts = [] }: World): Promise<void> {
  await storeAccounts(sql, accounts);
  const rows = profiles.map(({ id, zone, bornAt, merged, traits, companies = [] }) => {
    const { current, changedAt } = present(traits);
    return {
      id,
      shard: shardOf(id),
      zone,
      born_at: iso(bornAt),
      merged_into: merged ? 1 : null,
      traits: current,
      traits_changed_at: iso(changedAt),
      account_id: companies.at(-1)?.id ?? null,
      created_at: iso(START),
    };
  });
  await sql.query(
    `insert into profiles (id, shard, zone, born_at, merged_into, traits, traits_changed_at, account_id, created_at)
     select * from jsonb_to_recordset($1) as p(id bigint, shard smallint, zone text, born_at timestamptz, merged_into bigint, traits jsonb, traits_changed_at timestamptz, account_id bigint, created_at timestamptz)`,
    [JSON.stringify(rows)],
  );
  const changes = profiles.flatMap(changesOf);
  await sql.query(
    `insert into trait_changes (profile_id, trait, before, after, changed_at, source)
     select id, trait, before -> 0, after -> 0, at, 'test' from jsonb_to_recordset($1) as c(id bigint, trait text, before jsonb, after jsonb, at timestamptz)`,
    [JSON.stringify(changes)],
  );
  const events = profiles.flatMap(({ id, events }) =>
    events.map((event) => ({
      id: event.id,
      profile: id,
      name: event.name,
      occurred: iso(event.occurredAt),
      judged: iso(event.judgedAt),
      received: iso(event.receivedAt),
      properties: event.properties,
    })),
  );
  await sql.query(
    `insert into events (id, profile_id, name, occurred_at, judged_at, received_at, properties, source, message_id)
     select id, profile, name, occurred, judged, received, properties, 'test', id
     from jsonb_to_recordset($1) as e(id bigint, profile bigint, name text, occurred timestamptz, judged timestamptz, received timestamptz, properties jsonb)`,
    [JSON.stringify(events)],
  );
  await sql.query(
    `insert into profile_event_stats (profile_id, name, count, first_at, last_at, judged_at)
     select profile_id, name, count(*), min(occurred_at), max(occurred_at), max(judged_at) from events group by 1, 2`,
  );
  await storeMoves(sql, profiles);
  await storeStays(sql, profiles);
  await storeConsents(sql, { profiles });
}

const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

/** The traits as they are in the end, and when they last changed. */
function present(traits: ReferenceProfile['traits']): {
  current: Record<string, unknown>;
  changedAt: number | null;
} {
  const current = Object.entries(traits).flatMap(([trait, history]) =>
    history.at(-1)?.value === undefined ? [] : [[trait, history.at(-1)!.value]],
  );
  const changed = Object.values(traits)
    .flatMap((history) => history.map(({ from }) => from))
    .filter(Number.isFinite);
  return {
    current: Object.fromEntries(current) as Record<string, unknown>,
    changedAt: changed.length === 0 ? null : Math.max(...changed),
  };
}

function changesOf({ id, traits }: ReferenceAccount): object[] {
  return Object.entries(traits).flatMap(([trait, history]) =>
    history.flatMap(({ from, value }, index) =>
      Number.isFinite(from)
        ? [
            {
              id,
              trait,
              before: wrap(history[index - 1]?.value),
              after: wrap(value),
              at: iso(from),
            },
          ]
        : [],
    ),
  );
}

async function storeAccounts(sql: Queryable, accounts: readonly ReferenceAccount[]): Promise<void> {
  await sql.query(
    `insert into accounts (id, external_id, traits, traits_changed_at, created_at)
     select id, 'company ' || id, traits, at, 'epoch' from jsonb_to_recordset($1) as a(id bigint, traits jsonb, at timestamptz)`,
    [
      JSON.stringify(
        accounts.map(({ id, traits }) => {
          const { current, changedAt } = present(traits);
          return { id, traits: current, at: iso(changedAt) };
        }),
      ),
    ],
  );
  await sql.query(
    `insert into account_trait_changes (account_id, trait, before, after, changed_at)
     select id, trait, before -> 0, after -> 0, at from jsonb_to_recordset($1) as c(id bigint, trait text, before jsonb, after jsonb, at timestamptz)`,
    [JSON.stringify(accounts.flatMap(changesOf))],
  );
}

async function storeMoves(sql: Queryable, profiles: readonly WorldProfile[]): Promise<void> {
  const moves = profiles.flatMap(({ id, companies = [] }) =>
    companies.flatMap(({ from, id: after }, index) =>
      Number.isFinite(from)
        ? [{ id, before: companies[index - 1]?.id ?? null, after, at: iso(from) }]
        : [],
    ),
  );
  await sql.query(
    `insert into account_moves (profile_id, before, after, changed_at)
     select id, before, after, at from jsonb_to_recordset($1) as m(id bigint, before bigint, after bigint, at timestamptz)`,
    [JSON.stringify(moves)],
  );
}

async function storeStays(sql: Queryable, profiles: readonly WorldProfile[]): Promise<void> {
  const moves = profiles.flatMap(({ id, stays = {} }) =>
    Object.entries(stays).flatMap(([segment, stay]) =>
      stay.map(({ from, member }) => ({ id, segment, member, at: iso(from) })),
    ),
  );
  await sql.query(
    `insert into transitions (profile_id, segment, version_id, entered, at, cause)
     select id, segment, 1, member, at, 'change' from jsonb_to_recordset($1) as t(id bigint, segment text, member boolean, at timestamptz)`,
    [JSON.stringify(moves)],
  );
}

async function storeConsents(sql: Queryable, { profiles }: World): Promise<void> {
  const words = profiles.flatMap(({ id, consents = {} }) =>
    Object.entries(consents).map(([topic, said]) => ({ id, topic, said })),
  );
  await sql.query(
    `insert into subscriptions (profile_id, topic, subscribed, changed_at, source)
     select id, topic, subscribed, 'epoch', 'test' from jsonb_to_recordset($1) as c(id bigint, topic text, subscribed boolean)`,
    [
      JSON.stringify(
        words.flatMap(({ id, topic, said }) =>
          said.length === 0 ? [] : [{ id, topic, subscribed: said.at(-1)!.subscribed }],
        ),
      ),
    ],
  );
  await sql.query(
    `insert into subscription_changes (profile_id, topic, before, after, changed_at, source)
     select id, topic, before, after, at, 'test'
     from jsonb_to_recordset($1) as c(id bigint, topic text, before boolean, after boolean, at timestamptz)`,
    [
      JSON.stringify(
        words.flatMap(({ id, topic, said }) =>
          said.flatMap(({ from, subscribed }, index) =>
            Number.isFinite(from)
              ? [
                  {
                    id,
                    topic,
                    before: said[index - 1]?.subscribed ?? null,
                    after: subscribed,
                    at: new Date(from).toISOString(),
                  },
                ]
              : [],
          ),
        ),
      ),
    ],
  );
}

/** A list of one or none: tells a json null from an absent value. */
function wrap(value: unknown): unknown[] {
  return value === undefined ? [] : [value];
}

/** Writes what was sampled for the percentiles of a condition. */
export async function storeCutoffs(
  sql: Queryable,
  { rankings }: Pick<ConditionReads, 'rankings'>,
  { cutoffs = [] }: World,
): Promise<void> {
  const rows = [...rankings].flatMap(([key, { ranking, ranks }]) =>
    ranks.flatMap((rank) =>
      cutoffs.map(({ from, number, time }) => {
        const of = ranking.of.kind === 'events' ? ranking.of.value.kind : ranking.of.kind;
        // Of times a shorter one is a later one.
        const cutoff =
          of === 'quiet_for'
            ? time && -time
            : of === 'took' && number !== null
              ? tookAt(number)
              : number;
        return { key, rank, at: iso(from), cutoff };
      }),
    ),
  );
  if (rows.length === 0) return;
  await sql.query(
    `insert into percentile_cutoffs (ranking, rank, sampled_at, cutoff, counted)
     select key, rank, at, cutoff, 1 from jsonb_to_recordset($1) as c(key text, rank numeric, at timestamptz, cutoff numeric)
     on conflict do nothing`,
    [JSON.stringify(rows)],
  );
}
