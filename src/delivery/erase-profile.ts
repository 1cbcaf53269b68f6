/**
 * Erasure: a person leaves every table. In: a profile. Out: how many rows went; what stays is the keyed hash of the
 * address, so that whoever brings it back, by an import say, still sends nothing to it. Invariants: both the engine
 * (the shards' locks, taken before BEGIN, lower first) and ingest (the locks of all keys) are kept out, as by a merge; a
 * worker that has a mail of this person in hand finds its row gone at the gate and sends nothing, and one that is past
 * the gate is waited for, as is a webhook on the wire: when this returns, nothing is on its way.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { OperationalError } from '../core/errors.js';
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Connection, ConnectionSource, Queryable } from '../core/queryable.js';
import { tellColleagues } from '../ingest/account-moves.sql.js';
import { lockAllKeys, lockShards, unlockShards } from '../ingest/merge-profiles.js';
import { connectPipelined } from '../ingest/pipelined.js';
import { suppressionKey } from '../core/parse-address.js';
import { eraseMentions, type PersonNames } from './erase-mentions.sql.js';
import { recountLater } from './message-counts.sql.js';
import { PERSON_TABLES, WHOLE_PERSON } from './person-tables.js';

/** Deadlock: delivery had messages in another order; again is all it takes. */
const DEADLOCK = '40P01';
const ATTEMPTS = 5;
/** How long a mail or webhook that is being handed over is waited for; servers may take minutes, the asker does not. */
const MOST_WAIT_MS = 20_000;
const LOOK_AGAIN_MS = 50;

export interface Erased {
  /** Rows that went, by table. */
  rows: Record<string, number>;
  /** The address stays known as a hash; false where there was none, or another profile has it too. */
  addressKept: boolean;
}

export interface Erasing {
  now: Instant;
  /** Writes down who does it, in the transaction that erases. */
  record: (sql: Queryable) => Promise<void>;
}

/**
 * Erases a profile and all that were merged into it; null when there is none. Throws a transient OperationalError, having
 * erased nothing, when a mail is being handed over all the while.
 */
export async function eraseProfile(
  source: ConnectionSource,
  profileId: number,
  erasing: Erasing,
): Promise<Erased | null> {
  const until = performance.now() + MOST_WAIT_MS;
  for (let failures = 0; ;) {
    try {
      const erased = await tryToErase(source, profileId, erasing);
      if (erased !== 'moved' && erased !== 'sending') return erased;
      if (performance.now() > until)
        throw new OperationalError(
          'a mail to this person, or a webhook about them, is being handed over',
          'transient',
        );
      if (erased === 'sending') await delay(LOOK_AGAIN_MS);
    } catch (error) {
      if (++failures >= ATTEMPTS || (error as { code?: string }).code !== DEADLOCK) throw error;
    }
  }
}

/** `moved`: somebody merged into it before the locks were ours; `sending`: a mail is past the gate, a webhook on the wire. */
type Attempt = Erased | 'moved' | 'sending' | null;

async function tryToErase(
  source: ConnectionSource,
  profileId: number,
  { now, record }: Erasing,
): Promise<Attempt> {
  const connection = await connectPipelined(source);
  let broken = true;
  try {
    const ids = await wholePerson(connection, profileId);
    const shards = await lockShards(connection, ids);
    await connection.query('begin');
    const erased = await eraseLocked(connection, profileId, ids, now);
    const isDone = erased !== null && typeof erased === 'object';
    if (isDone) await record(connection);
    await connection.query(isDone ? 'commit' : 'rollback');
    await unlockShards(connection, shards);
    broken = false;
    return erased;
  } finally {
    // A broken session is thrown away, and its locks with it.
    connection.release(broken);
  }
}

async function wholePerson(sql: Queryable, profileId: number): Promise<number[]> {
  const { rows } = await sql.query<{ id: number }>(WHOLE_PERSON, [profileId]);
  return rows.map(({ id }) => id);
}

async function eraseLocked(
  sql: Connection,
  profileId: number,
  ids: number[],
  now: Instant,
): Promise<Attempt> {
  await lockAllKeys(sql, ids);
  await sql.query('select from profiles where id = any($1::bigint[]) order by id for update', [
    ids,
  ]);
  const present = await wholePerson(sql, profileId);
  if (present.length === 0) return null;
  if (present.length !== ids.length) return 'moved';
  const messages = await lockMessages(sql, ids);
  const onTheWire = await lockWebhooks(sql, ids);
  if (onTheWire || messages.some(({ sending }) => sending)) return 'sending';
  const person = await loadNames(sql, ids);
  const addressKept = await keepAddresses(sql, ids, person, now);
  const rows = await eraseMentions(sql, person);
  await recountLater(
    sql,
    messages.map(({ id }) => id),
  );
  await tellColleagues(sql, ids, now);
  for (const { name, where } of PERSON_TABLES) {
    const { rowCount } = await sql.query(`delete from ${name} where ${where}`, [ids]);
    if (rowCount) rows[name] = (rows[name] ?? 0) + rowCount;
  }
  return { rows, addressKept };
}

/**
 * Before anything is deleted: a worker that settles one of them at this moment is waited for, and what it wrote elsewhere
 * is seen. `sending` = past the gate, by a worker that lives.
 */
async function lockMessages(
  sql: Queryable,
  ids: number[],
): Promise<{ id: number; sending: boolean }[]> {
  const { rows } = await sql.query<{ id: number; sending: boolean }>(
    `select id, state = 'transmitting' and exists (
       select from workers w where w.id = m.worker and w.lease_until > clock_timestamp()) as sending
     from messages m where profile_id = any($1::bigint[]) order by id for update of m`,
    [ids],
  );
  return rows;
}

/**
 * Nobody claims them any more, nor adds one: enrolments are held like messages. True when one is in hand of a sender that
 * lives.
 */
async function lockWebhooks(sql: Queryable, ids: number[]): Promise<boolean> {
  await sql.query(
    'select from enrolments where profile_id = any($1::bigint[]) order by id for update',
    [ids],
  );
  const { rows } = await sql.query<{ sending: boolean }>(
    `select d.claimed_at is not null and d.due_at > clock_timestamp() as sending
     from webhook_deliveries d join webhook_events e on e.id = d.event_id
     where e.profile_id = any($1::bigint[]) and d.state = 'pending' order by d.id for update of d`,
    [ids],
  );
  return rows.some(({ sending }) => sending);
}

async function loadNames(sql: Queryable, ids: number[]): Promise<PersonNames> {
  const { rows } = await sql.query<{ ids: string[]; addresses: string[]; current: unknown }>(
    `select array(select distinct value from profile_keys where profile_id = any($1::bigint[])) as ids,
       array(
         select traits ->> 'email' from profiles where id = any($1::bigint[]) and jsonb_typeof(traits -> 'email') = 'string'
         union select unnest(array[before #>> '{}', after #>> '{}']) from trait_changes
           where profile_id = any($1::bigint[]) and trait = 'email'
         -- A notice went to somebody else.
         union select address from messages where profile_id = any($1::bigint[]) and purpose <> 'notice' and address is not null) as addresses,
       (select traits -> 'email' from profiles where id = any($1::bigint[]) and merged_into is null) as current`,
    [ids],
  );
  const { ids: names, addresses, current } = rows[0]!;
  return {
    numbers: ids,
    ids: names,
    addresses: addresses.filter((address) => address !== null && address !== ''),
    current: typeof current === 'string' ? current : null,
  };
}

/**
 * Suppressed addresses of the person become hashes, and the present one does in any case; but an address that another
 * profile has as well stays what it is to that one. True when the present one is kept.
 */
async function keepAddresses(
  sql: Queryable,
  ids: number[],
  { addresses, current }: PersonNames,
  now: Instant,
): Promise<boolean> {
  const { rows } = await sql.query<{ address: string }>(
    `select a.address from unnest($2::text[]) as a (address)
     where not exists (
       select from profiles p where p.id <> all($1::bigint[]) and p.merged_into is null
         and jsonb_typeof(p.traits -> 'email') = 'string'
         and lower(left(p.traits ->> 'email', 254)) = lower(left(a.address, 254)))`,
    [ids, addresses],
  );
  const keys = rows.flatMap(({ address }) => suppressionKey(address) ?? []);
  const key = current === null ? null : suppressionKey(current);
  const present = key !== null && keys.includes(key) ? key : null;
  await sql.query(
    `with gone as (delete from suppressions where address = any($1::text[]) returning address, reason)
     insert into erased_addresses (hash, reason, since)
     select address_hash(coalesce(gone.address, own.address)), coalesce(gone.reason, 'erased'), $3::timestamptz(3)
     from gone full join (select $2::text as address where $2::text is not null) own on own.address = gone.address
     on conflict (hash) do nothing`,
    [[...new Set(keys)], present, instantToSql(now)],
  );
  return present !== null;
}
