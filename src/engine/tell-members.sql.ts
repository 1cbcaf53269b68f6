/**
 * Facts of one profile that concern its whole company: where a definition asks about companies, everybody who belongs, or
 * belonged at the time, to the profile's company is told (`member`), in the inbox, before the facts are taken; so a colleague
 * of the same shards hears of it in the same window, at the same instant (docs/adr/0105).
 */
import { instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { AccountReads } from '../language/reads.js';
import type { Fact, ProfileState } from './window.js';

/** Later than this an event starts nothing, at its profile or elsewhere (semantics.md, late events). */
const LATE = `interval '1 day'`;

/** Whoever has moved between two of the companies since is told once. `facts`: the relation `i` of facts; $1 to $5 are what is read. Rows as the inbox has them. */
const told = (facts: string, more = ''): string => `
  select m.shard, m.id as profile_id, 'member' as kind, i.name, i.judged_at as occurred_at, i.judged_at,
    i.historical or (i.kind = 'event' and i.judged_at - i.occurred_at > ${LATE}) as historical,
    jsonb_build_object('kind', i.kind, 'data', case when i.kind = 'event' then '{}' else coalesce(i.data, '{}') end) as data,
    i.trace_id${more}
  from ${facts}
  cross join lateral (
    select array_agg(c.id) as ids from (
    select p.account_id as id from profiles p where p.id = i.profile_id
    union select v.before from account_moves v where v.profile_id = i.profile_id and v.changed_at >= i.judged_at
    union select a::bigint from jsonb_array_elements_text(
      case when i.kind in ('account', 'merge') then i.data -> 'accounts' end) a) c
  ) companies
  cross join lateral (
    select p.id, p.shard from profiles p
    where p.account_id = any(companies.ids) and p.merged_into is null and p.id <> i.profile_id
    union
    select p.id, p.shard from account_moves v join profiles p on p.id = v.profile_id
    where v.before = any(companies.ids) and v.changed_at > i.judged_at and p.merged_into is null and p.id <> i.profile_id
  ) m
  where case i.kind
    when 'event' then i.name = any($1::text[]) or ($2 and left(i.name, 1) <> '$')
    when 'traits' then i.data is null or i.data = '{}' or i.data ?| $3::text[]
    when 'topics' then i.data ?| $4::text[] or (i.data ? '*' and cardinality($4::text[]) > 0)
    when 'account' then (i.data -> 'moved')::boolean or i.data -> 'traits' ?| $5::text[]
    else i.kind in ('import', 'merge') end`;

const readBy = ({ traits, of }: AccountReads): unknown[] => [
  of.events,
  of.anyEvent,
  of.traits,
  of.topics,
  traits,
];

const COLUMNS = 'shard, profile_id, kind, name, occurred_at, judged_at, historical, data, trace_id';

const TELL_TAKEN = `insert into inbox (${COLUMNS}) ${told(`(
    select * from inbox
    where shard = any($6::smallint[]) and judged_at <= $7::timestamptz and ($8::bigint is null or profile_id = $8)
      and profile_id not in (select profile_id from parked_profiles)) i`)}`;

const OWN = `jsonb_to_recordset($6::jsonb) as i (place integer, profile_id bigint, kind text, name text,
    occurred_at timestamptz(3), judged_at timestamptz(3), historical boolean, data jsonb, trace_id uuid)`;

/** Those here are told by hand (tell-colleagues.ts); the inbox tells the others. */
const TELL_OWN = `
  with told as materialized (${told(OWN, ', i.place')}),
  elsewhere as (
    insert into inbox (${COLUMNS}) select ${COLUMNS} from told
    where not shard = any($7::smallint[]) or profile_id in (select profile_id from parked_profiles)
  )
  select t.profile_id as "profileId", t.place from told t
  where t.shard = any($7::smallint[]) and t.profile_id not in (select profile_id from parked_profiles)
  order by t.place, t.profile_id`;

/** Tells of the facts of these shards up to `until`; of one profile alone where `only` is given. */
export async function tellMembers(
  sql: Queryable,
  reads: AccountReads,
  o: { shards: readonly number[]; until: Instant; only?: number | undefined },
): Promise<void> {
  await sql.query({
    name: 'engine-tell-members',
    text: TELL_TAKEN,
    values: [...readBy(reads), o.shards, instantToSql(o.until), o.only ?? null],
  });
}

/** A fact of `place` that a colleague here has to hear of. */
export interface Told {
  profileId: number;
  place: number;
}

/**
 * Finds who has to hear of facts that the engine brought about itself. Colleagues of these shards are returned; the inbox
 * tells the others, who hear of it when the window is written.
 */
export async function tellMembersOfOwn(
  sql: Queryable,
  reads: AccountReads,
  {
    facts,
    shards,
  }: { facts: readonly { profile: ProfileState; fact: Fact }[]; shards: readonly number[] },
): Promise<Told[]> {
  if (facts.length === 0) return [];
  const rows = facts.map(({ profile, fact }, place) => ({
    place,
    profile_id: profile.id,
    kind: fact.kind,
    name: fact.name,
    occurred_at: instantToSql(fact.at),
    judged_at: instantToSql(fact.at),
    historical: fact.historical,
    data: fact.data,
    trace_id: fact.trace,
  }));
  const { rows: told } = await sql.query<Told>(TELL_OWN, [
    ...readBy(reads),
    JSON.stringify(rows),
    shards,
  ]);
  return told;
}
