/** What happened in a played test, read from the simulation's tables, and the tables emptied for the next one. */
import PostalMime from 'postal-mime';
import { insertBroadcast } from '../campaigns/broadcasts.sql.js';
import { instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { shardOf } from '../core/shard.js';
import { eventKey } from '../ingest/staged-events.sql.js';
import type { Happening, Mail } from './judge-test.js';
import type { EnrolRequest, SentBroadcast } from './test-population.js';

/** What stays: the definitions, and what belongs to the workspace itself. */
const KEPT = [
  'workspace',
  'definition_versions',
  'live_definitions',
  'revisions',
  'webhook_endpoints',
  'migrations',
];

/** Empties every table that holds something, but those of the definitions. */
export async function emptyWorkspace(sql: Queryable): Promise<void> {
  const tables = await sql.query<{ name: string }>(
    `select quote_ident(relname) as name from pg_class
     where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') and not relispartition
       and not relname = any($1::text[])`,
    [KEPT],
  );
  const filled = await sql.query<{ name: string }>(
    tables.rows
      .map(({ name }) => `select '${name}' as name where exists (select from ${name})`)
      .join(' union all '),
  );
  if (filled.rows.length === 0) return;
  // One statement, so that references between them are looked at when all rows are gone. Truncating takes new files for each
  // table and its indexes, which costs more than the few rows of a story.
  const deletions = filled.rows.map(({ name }, n) => `d${n} as (delete from ${name})`);
  await sql.query(`with ${deletions.join(', ')} select`);
}

/** Writes down the broadcasts of a test, for the engine to come to them in their time. */
export async function sendBroadcasts(
  sql: Queryable,
  campaign: string,
  broadcasts: readonly SentBroadcast[],
): Promise<void> {
  if (broadcasts.length === 0) return;
  const { rows } = await sql.query<{ version_id: number }>(
    `select version_id from live_definitions where kind = 'campaign' and name = $1`,
    [campaign],
  );
  for (const [n, { at, entry }] of broadcasts.entries()) {
    const id = eventKey(`broadcast:${campaign}`, String(n));
    const asked = { id, campaign, versionId: rows[0]!.version_id, entry, at };
    const request = Buffer.alloc(0);
    await insertBroadcast(sql, { ...asked, counted: 0, by: 'test', request });
  }
}

/** Asks for the enrolments of a test, as the API would in their time. */
export async function requestEnrolments(
  sql: Queryable,
  campaign: string,
  requests: readonly EnrolRequest[],
): Promise<void> {
  if (requests.length === 0) return;
  await sql.query(
    `insert into inbox (shard, profile_id, kind, name, occurred_at, judged_at, data)
     select shard, profile_id, 'enrol', $1, at, at, jsonb_build_object('request_id', id, 'entry', entry)
     from jsonb_to_recordset($2::jsonb) as r (shard smallint, profile_id bigint, at timestamptz, id uuid, entry jsonb)`,
    [
      campaign,
      JSON.stringify(
        requests.map(({ profileId, at, entry }, n) => ({
          shard: shardOf(profileId),
          profile_id: profileId,
          at: instantToSql(at),
          id: eventKey(`enrol:${campaign}`, String(n)),
          entry,
        })),
      ),
    ],
  );
}

interface Row {
  at: Instant;
  profile_id: number;
  kind: Happening['kind'];
  step: string | null;
  reason: string | null;
  because: string | null;
  source: Buffer | null;
  endpoint: string | null;
  said: Record<string, unknown> | null;
}

/** In the order of time; of one instant what happened first comes first. `names`: of profiles by our number. */
export async function loadHappenings(
  sql: Queryable,
  campaign: string,
  names: ReadonlyMap<number, string>,
): Promise<Happening[]> {
  const { rows } = await sql.query<Row>(
    `select told.*, c.endpoint, c.data -> 'with' as said from (
       select 1 as rank, id, entered_at as at, profile_id, 'entered' as kind, null as step, null as reason, null as because, null::bytea as source
       from enrolments where campaign = $1
       union all
       select 0, id, at, profile_id, 'refused', null, reason, null, null from entry_refusals where campaign = $1
       union all
       select 2, m.id, m.decided_at, m.profile_id, case when m.state = 'skipped' then 'skipped' when m.purpose = 'notice' then 'notified' else 'sent' end, m.step, m.reason,
         case when m.reason = 'cap' then m.detail ->> 'rule' end, d.source
       from messages m left join dev_mails d on d.message_id = m.id where m.campaign = $1
       union all
       -- What became of a message is told by the message.
       select 2, 0, s.settled_at, s.profile_id, 'skipped', s.step, substr(s.outcome, 9), null, null
       from enrolment_steps s join enrolments e on e.id = s.enrolment_id
       where e.campaign = $1 and s.outcome like 'skipped:%' and not exists (
         select from messages m where m.enrolment_id = e.id and m.step = s.step and m.iteration = s.iteration)
       union all
       select 2, id, at, profile_id, 'called', step, null, null, null from webhook_events where campaign = $1
       union all
       select 3, id, ended_at, profile_id, 'ended', null, end_reason, end_because, null from enrolments
       where campaign = $1 and ended_at is not null) told
     left join webhook_events c on told.kind = 'called' and c.id = told.id
     order by told.at, rank, told.id`,
    [campaign],
  );
  return Promise.all(rows.map((row) => happeningOf(row, names.get(row.profile_id) ?? '')));
}

async function happeningOf(row: Row, profile: string): Promise<Happening> {
  const { at, kind, step, reason, because, source, endpoint, said } = row;
  switch (kind) {
    case 'sent':
    case 'notified':
      return { at, profile, kind, step: step!, mail: source && (await mailOf(source)) };
    case 'skipped':
      return { at, profile, kind, step: step!, reason: reason!, rule: because };
    case 'called':
      return { at, profile, kind, step: step!, endpoint: endpoint!, said: said! };
    case 'entered':
      return { at, profile, kind };
    case 'refused':
      return { at, profile, kind, reason: reason! };
    case 'ended':
      return { at, profile, kind, reason: reason!, because };
  }
}

async function mailOf(source: Buffer): Promise<Mail> {
  const { to, subject, html, text } = await PostalMime.parse(source);
  return {
    to: to?.[0]?.address ?? '',
    subject: subject ?? '',
    body: `${html ?? ''}\n${text ?? ''}`,
  };
}
