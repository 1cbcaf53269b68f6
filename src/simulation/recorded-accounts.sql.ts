/**
 * Companies in a simulation. Their whole past is copied, and judgements look back through it, so virtual time needs nothing
 * but to hear of what happens: moves, and traits that some definition reads. What they are now goes along for those who show it.
 */
import type { Queryable } from '../core/queryable.js';
import type { Reads } from '../language/reads.js';

/** Copies companies and their past from the views of live (recording.sql.ts). */
export async function recordAccounts(simulation: Queryable): Promise<void> {
  await simulation.query(
    `insert into accounts (id, external_id, traits, created_at, traits_changed_at)
     select id, external_id, traits, created_at, traits_changed_at from live_accounts`,
  );
  await simulation.query(
    `insert into account_moves (profile_id, before, after, changed_at)
     select profile_id, before, after, changed_at from live_account_moves order by profile_id, changed_at, id`,
  );
  await simulation.query(
    `insert into account_trait_changes (account_id, trait, before, after, changed_at)
     select account_id, trait, before, after, changed_at from live_account_trait_changes order by account_id, changed_at, id`,
  );
}

/**
 * What happened to companies within the half-open span: whoever appears moves in, where live does not know since when; the
 * engine hears of it where it asks about companies.
 */
export async function announceAccounts(
  sql: Queryable,
  bounds: readonly string[],
  { accounts }: Reads,
): Promise<void> {
  await sql.query(
    `insert into account_moves (profile_id, before, after, changed_at)
     select r.id, null, r.account_id, r.exists_at from recorded_profiles r
     where r.exists_at >= $1::timestamptz and r.exists_at < $2::timestamptz and r.account_id is not null
       and not exists (select from account_moves m where m.profile_id = r.id)`,
    [...bounds],
  );
  // Judgements look back from what they are by now; mail that is rendered on the way shows it.
  await sql.query(
    `with last as (
       select distinct on (account_id, trait) account_id, trait, after from account_trait_changes
       where changed_at >= $1::timestamptz and changed_at < $2::timestamptz order by account_id, trait, changed_at desc, id desc
     ), now as (
       select account_id, array_agg(trait) as stated, jsonb_object_agg(trait, after) filter (where after is not null) as known
       from last group by account_id
     )
     update accounts a set traits = (a.traits - n.stated) || coalesce(n.known, '{}') from now n where a.id = n.account_id`,
    [...bounds],
  );
  if (!accounts) return;
  await sql.query(
    `insert into inbox (shard, profile_id, kind, occurred_at, judged_at, data)
     select p.shard, p.id, 'account', m.changed_at, m.changed_at, jsonb_build_object('moved', true, 'traits', '[]'::jsonb,
       'accounts', to_jsonb(array_remove(array[m.before, m.after], null)))
     from account_moves m join profiles p on p.id = m.profile_id
     where m.changed_at >= $1::timestamptz and m.changed_at < $2::timestamptz`,
    [...bounds],
  );
  await sql.query(
    `insert into inbox (shard, profile_id, kind, occurred_at, judged_at, data)
     select p.shard, p.id, 'member', c.changed_at, c.changed_at, jsonb_build_object('kind', 'account', 'data',
       jsonb_build_object('moved', false, 'traits', jsonb_agg(distinct c.trait), 'changed', jsonb_agg(jsonb_build_object(
         'account', c.account_id, 'trait', c.trait, 'before', c.before, 'after', c.after) order by c.id)))
     from account_trait_changes c
     cross join lateral condition_members(c.account_id, c.changed_at) m join profiles p on p.id = m.profile_id
     where c.changed_at >= $1::timestamptz and c.changed_at < $2::timestamptz and c.trait = any($3::text[])
     group by p.shard, p.id, c.changed_at`,
    [...bounds, accounts.traits],
  );
}
