/**
 * Facts of one profile that concern its whole company: where a definition asks about companies, everybody who belongs, or
 * belonged at the time, to the profile's company is told (`member`), in the inbox, before the facts are taken; so a colleague
 * of the same shards hears of it in the same window, at the same instant (docs/adr/0105).
 */
import { instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { AccountReads } from '../language/reads.js';
import type { ProfileState } from './window.js';

/** Later than this an event starts nothing, at its profile or elsewhere (semantics.md, late events). */
const LATE = `interval '1 day'`;

/** `facts`: the relation `i` of facts; $1 to $5 are what is read. */
const telling = (facts: string): string => `
  insert into inbox (shard, profile_id, kind, name, occurred_at, judged_at, historical, data, trace_id)
  select m.shard, m.id, 'member', i.name, i.judged_at, i.judged_at,
    i.historical or (i.kind = 'event' and i.judged_at - i.occurred_at > ${LATE}),
    jsonb_build_object('kind', i.kind, 'data', case when i.kind = 'event' then '{}' else coalesce(i.data, '{}') end),
    i.trace_id
  from ${facts}
  cross join lateral (
    select p.account_id as id from profiles p where p.id = i.profile_id
    union select v.before from account_moves v where v.profile_id = i.profile_id and v.changed_at >= i.judged_at
    union select a::bigint from jsonb_array_elements_text(
      case when i.kind in ('account', 'merge') then i.data -> 'accounts' end) a
  ) company
  cross join lateral (
    select p.id, p.shard from profiles p
    where p.account_id = company.id and p.merged_into is null and p.id <> i.profile_id
    union
    select p.id, p.shard from account_moves v join profiles p on p.id = v.profile_id
    where v.before = company.id and v.changed_at > i.judged_at and p.merged_into is null and p.id <> i.profile_id
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

const TELL_TAKEN = telling(`(
    select * from inbox
    where shard = any($6::smallint[]) and judged_at <= $7::timestamptz and ($8::bigint is null or profile_id = $8)
      and profile_id not in (select profile_id from parked_profiles)) i`);

const TELL_OWN =
  telling(`jsonb_to_recordset($6::jsonb) as i (profile_id bigint, kind text, name text,
    occurred_at timestamptz(3), judged_at timestamptz(3), historical boolean, data jsonb, trace_id uuid)`);

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

/** Tells of what the engine brought about itself in a window; colleagues hear of that after the window. */
export async function tellMembersOfOwn(
  sql: Queryable,
  reads: AccountReads,
  profiles: Iterable<ProfileState>,
): Promise<void> {
  const facts = [...profiles].flatMap((profile) =>
    profile.facts
      .filter(({ round }) => round > 0)
      .map(({ kind, name, at, historical, data, trace }) => ({
        profile_id: profile.id,
        kind,
        name,
        occurred_at: instantToSql(at),
        judged_at: instantToSql(at),
        historical,
        data,
        trace_id: trace,
      })),
  );
  if (facts.length > 0) await sql.query(TELL_OWN, [...readBy(reads), JSON.stringify(facts)]);
}
