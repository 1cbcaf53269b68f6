/**
 * Delivery (stage 5), for ops: what does not send for now. In: a scope and a name, who and why. Out: rows that every
 * claim looks at, so a pause holds from the next claim on; nothing is lost, what is due waits.
 */
import { boundedCount } from '../core/bounded.js';
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';

export const PAUSE_SCOPES = ['all', 'provider', 'sender', 'domain', 'campaign'] as const;
export type PauseScope = (typeof PAUSE_SCOPES)[number];

export interface Pause {
  scope: PauseScope;
  /** '' for `all`; domains in lower case and ASCII. */
  name: string;
  since: Instant;
  /** NEVER: until somebody lifts it. */
  until: Instant;
  setBy: string;
  why: string;
  /** Messages that are due and wait for it (a message may wait for several). */
  holds: number;
}

/** Of the table, as `Pause` has them. */
export const PAUSE_COLUMNS = 'p.scope, p.name, p.since, p.until, p.set_by as "setBy", p.why';

/** Whether pause `p` is about message `m`. Which provider takes one is decided by the claim, so a paused one is about all. */
export const IS_ABOUT = `(p.scope in ('all', 'provider')
    or p.scope = 'sender' and m.sender = p.name
    or p.scope = 'campaign' and m.campaign = p.name
    or p.scope = 'domain' and lower(split_part(m.address, '@', -1)) = p.name)`;
/** Due messages that a pause `p` holds. */
const HELD = `from messages m where m.state = 'pending' and m.due_at <= $1::timestamptz(3) and ${IS_ABOUT}`;
const HOLDS = `(select count(*) ${HELD})`;

/** The pauses in force at `now`, each with how many due messages it holds back. */
export async function listPauses(sql: Queryable, now: Instant): Promise<Pause[]> {
  const { rows } = await sql.query<Pause>(
    `select ${PAUSE_COLUMNS}, ${HOLDS} as holds
     from pauses p where until > $1::timestamptz(3) order by scope, name`,
    [instantToSql(now)],
  );
  return rows;
}

/** The pauses in force that hold something back, each with how much, up to a bound (core/bounded.ts); for pages that are asked for often. */
export async function listHeld(sql: Queryable, now: Instant): Promise<Pause[]> {
  const { rows } = await sql.query<Pause>(
    `select * from (
       select ${PAUSE_COLUMNS}, ${boundedCount(HELD)} as holds from pauses p where until > $1::timestamptz(3)) held
     where holds > 0 order by scope, name`,
    [instantToSql(now)],
  );
  return rows;
}

/** The pause in force at `now`, null when there is none. */
export async function findPause(
  sql: Queryable,
  { scope, name, now }: { scope: PauseScope; name: string; now: Instant },
): Promise<Omit<Pause, 'holds'> | null> {
  const { rows } = await sql.query<Omit<Pause, 'holds'>>(
    `select ${PAUSE_COLUMNS} from pauses p where scope = $1 and name = $2 and until > $3::timestamptz(3)`,
    [scope, name, instantToSql(now)],
  );
  return rows[0] ?? null;
}

/**
 * The pauses in force that are about the mails of a campaign to a profile: those that are pending, and one more by any of
 * `senders`; `address` null = it has none that mail could go to. Which provider takes a mail is not known before.
 */
export async function pausesAbout(
  sql: Queryable,
  o: {
    profileId: number;
    campaign: string;
    senders: string[];
    address: string | null;
    now: Instant;
  },
): Promise<Omit<Pause, 'holds'>[]> {
  const { rows } = await sql.query<Omit<Pause, 'holds'>>(
    `select ${PAUSE_COLUMNS} from pauses p where until > $1::timestamptz(3) and exists (
       select from (
         select sender, $3::text as campaign, $4::text as address from unnest($5::text[]) as sender
         union all
         select sender, campaign, address from messages
         where profile_id = $2 and campaign = $3 and state = 'pending') m
       where ${IS_ABOUT})
     order by scope, name`,
    [instantToSql(o.now), o.profileId, o.campaign, o.address, o.senders],
  );
  return rows;
}

/** How many due messages a pause holds, or would hold if it were set. */
export async function countHeld(
  sql: Queryable,
  { scope, name, now }: { scope: PauseScope; name: string; now: Instant },
): Promise<number> {
  const { rows } = await sql.query<{ holds: number }>(
    `select ${HOLDS} as holds from (values ($2::text, $3::text)) as p(scope, name)`,
    [instantToSql(now), scope, name],
  );
  return rows[0]!.holds;
}

/** Pauses from `now` on, in place of a pause that stands; `until` may be NEVER. */
export async function setPause(
  sql: Queryable,
  { scope, name, until, setBy, why, now }: Omit<Pause, 'since' | 'holds'> & { now: Instant },
): Promise<void> {
  await sql.query(
    `insert into pauses (scope, name, since, until, set_by, why)
     values ($1, $2, $3::timestamptz(3), $4::timestamptz(3), $5, $6)
     on conflict (scope, name) do update
     set since = excluded.since, until = excluded.until, set_by = excluded.set_by, why = excluded.why,
       credentials = null`,
    [scope, name, instantToSql(now), instantToSql(until), setBy, why],
  );
}

/** Lifts a pause, whoever set it; false when there is none. */
export async function liftPause(
  sql: Queryable,
  { scope, name }: { scope: PauseScope; name: string },
): Promise<boolean> {
  const { rowCount } = await sql.query('delete from pauses where scope = $1 and name = $2', [
    scope,
    name,
  ]);
  return rowCount === 1;
}
