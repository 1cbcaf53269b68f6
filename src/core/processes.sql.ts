/**
 * Which processes run, whoever asks: the log of the start is read by nobody later, and what one process says of itself is
 * silent about the others. In: a sign of life every few seconds; out: who runs with which roles, and where their mail goes.
 */
import type { Role } from './environment.js';
import { ROLES } from './environment.js';
import { instantToSql, type Instant } from './instant.js';
import type { Queryable } from './queryable.js';

/** Between two signs of life. */
export const SIGN_OF_LIFE_MS = 10_000;
/** Without a sign for so long a process has vanished. */
const VANISHED_MS = 30_000;
/** How long those that ended are remembered; SQL. */
const REMEMBERED = '1 day';

export type Transport = 'smtp' | 'dev_mailbox';

export interface OwnProcess {
  id: string;
  host: string;
  pid: number;
  version: string;
  roles: Role[];
  /** Null: no mailer. */
  transport: Transport | null;
  /** `host:port` of the mail server; null without one. */
  mailHost: string | null;
}

export interface SeenProcess extends OwnProcess {
  /** What its mailer says of its way out while mail does not leave; null: nothing. */
  trouble: string | null;
  /** Since when it says so, whatever it says; null: it says nothing. */
  troubleSince: Instant | null;
  startedAt: Instant;
  seenAt: Instant;
  stoppedAt: Instant | null;
  state: 'running' | 'stopped' | 'vanished';
}

/** A sign of life, the first one or another; harmless when repeated. Forgets those that ended long ago. */
export async function signOfLife(
  sql: Queryable,
  own: OwnProcess,
  { now, trouble }: { now: Instant; trouble: string | null },
): Promise<void> {
  await sql.query({
    name: 'process_sign_of_life',
    text: `
      with forgotten as (
        delete from processes where seen_at < $8::timestamptz(3) - interval '${REMEMBERED}'
      )
      insert into processes (id, host, pid, version, roles, transport, mail_host, started_at, seen_at, trouble, trouble_since)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, case when $9::text is not null then $8::timestamptz(3) end)
      on conflict (id) do update set seen_at = excluded.seen_at, trouble = excluded.trouble,
        trouble_since = case when excluded.trouble is not null then coalesce(processes.trouble_since, excluded.seen_at) end`,
    values: [
      own.id,
      own.host,
      own.pid,
      own.version,
      own.roles,
      own.transport,
      own.mailHost,
      instantToSql(now),
      trouble,
    ],
  });
}

/** The end of an orderly stop. */
export async function processStopped(sql: Queryable, id: string, now: Instant): Promise<void> {
  await sql.query('update processes set stopped_at = $2::timestamptz(3) where id = $1', [
    id,
    instantToSql(now),
  ]);
}

/** Those that run, then those of the last day that ended, the latest first. */
export async function listProcesses(sql: Queryable, now: Instant): Promise<SeenProcess[]> {
  const { rows } = await sql.query<SeenProcess>({
    name: 'processes',
    text: `
      select id, host, pid, version, roles, transport, mail_host as "mailHost", trouble, trouble_since as "troubleSince", started_at as "startedAt",
        seen_at as "seenAt", stopped_at as "stoppedAt",
        case when stopped_at is not null then 'stopped'
          when seen_at > $1::timestamptz(3) - $2 * interval '1 millisecond' then 'running'
          else 'vanished' end as state
      from processes
      where seen_at > $1::timestamptz(3) - interval '${REMEMBERED}'
      order by stopped_at is not null, seen_at desc, started_at, id`,
    values: [instantToSql(now), VANISHED_MS],
  });
  return rows;
}

/** How many processes run each role. */
export function runningRoles(processes: readonly SeenProcess[]): Record<Role, number> {
  const running = processes.filter(({ state }) => state === 'running');
  const count = (role: Role) => running.filter(({ roles }) => roles.includes(role)).length;
  return Object.fromEntries(ROLES.map((role) => [role, count(role)])) as Record<Role, number>;
}

/** How many running mailers send each way. */
export function runningTransports(processes: readonly SeenProcess[]): Record<Transport, number> {
  const running = processes.filter(({ state }) => state === 'running');
  const count = (way: Transport) => running.filter(({ transport }) => transport === way).length;
  return { smtp: count('smtp'), dev_mailbox: count('dev_mailbox') };
}

/** Where mail goes: by the mailers that run, else by the one that ran last; null: none has been seen for a day. */
export function whereMailGoes(processes: readonly SeenProcess[]): Transport | 'mixed' | null {
  const { smtp, dev_mailbox: dev } = runningTransports(processes);
  if (smtp > 0 && dev > 0) return 'mixed';
  if (smtp + dev > 0) return smtp > 0 ? 'smtp' : 'dev_mailbox';
  return processes.find(({ transport }) => transport !== null)?.transport ?? null;
}

/** Running mailers whose mail does not leave. */
export function troubledMailers(
  processes: readonly SeenProcess[],
): (SeenProcess & { trouble: string })[] {
  return processes.filter(
    (one): one is SeenProcess & { trouble: string } =>
      one.state === 'running' && one.trouble !== null,
  );
}

/** No running mailer has a way out: what they say, and since when none has. */
export interface MailOutage {
  trouble: string;
  since: Instant;
}

/** Null: a mailer has a way out, or none runs. */
export function mailOutage(processes: readonly SeenProcess[]): MailOutage | null {
  const mailers = processes.filter(
    ({ state, transport }) => state === 'running' && transport !== null,
  );
  const troubled = troubledMailers(mailers);
  if (troubled.length === 0 || troubled.length < mailers.length) return null;
  const since = Math.max(...troubled.map((one) => one.troubleSince ?? one.seenAt));
  return { trouble: troubled[0]!.trouble, since };
}

export const MIXED_TRANSPORTS =
  'mailers differ: some send by SMTP, others into the dev mailbox; give all of them the same SMTP_URL';
