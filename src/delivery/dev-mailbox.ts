/**
 * Delivery (stage 5): the way out when there is no SMTP_URL. Nothing leaves the machine: mails become rows of
 * `dev_mails`, in the same statement that makes their messages `sent`, so exactly once is trivial here.
 */
import type { Clock } from '../core/clock.js';
import { errorText } from '../core/error-fields.js';
import { instantToSql } from '../core/instant.js';
import type { Report } from '../core/outage.js';
import type { ConnectionSource, Queryable } from '../core/queryable.js';
import type { ClaimedMessage, PreparedMessage } from './claimed-message.js';
import type { Watcher } from './database-watch.js';
import { GroupCommit } from './group-commit.js';
import type { Ledger } from './ledger.js';
import { withGates } from './ledger.sql.js';
import { storableJson } from './storable-json.js';
import type { Transport } from './transport.js';

const DELIVER = `
with b as materialized (
  select b.*, source from jsonb_to_recordset($3::jsonb) as b(
    n integer, id bigint, epoch integer, mail_from text, mail_to text, subject text, locale text, variables jsonb, gates jsonb)
  join unnest($4::bytea[]) with ordinality as s(source, n) using (n)
),
sent as (
  update messages m
  set state = 'sent', provider = 'dev', address = b.mail_to, subject = b.subject, locale = b.locale, variables = b.variables,
    gates = ${withGates('b.gates')}, attempts = m.attempts + 1, first_attempt_at = coalesce(m.first_attempt_at, $2), settled_at = $2
  from b where m.id = b.id and m.worker = $1 and m.epoch = b.epoch and m.state = 'claimed'
  returning m.id, m.profile_id, b.epoch, b.mail_from, b.mail_to, b.subject, b.source
),
attempted as (
  insert into attempts (message_id, profile_id, epoch, started_at, finished_at, worker, provider, host, phase, outcome)
  select id, profile_id, epoch, $2, $2, $1, 'dev', '', 'final', 'sent' from sent
)
insert into dev_mails (message_id, received_at, mail_from, mail_to, subject, source)
select id, $2, mail_from, mail_to, subject, source from sent`;

const LARGEST_BATCH = 200;

async function deliver(
  sql: Queryable,
  worker: string,
  batch: PreparedMessage[],
  clock: Clock,
): Promise<void> {
  const rows = batch.map(({ id, epoch, mail, gates }, i) => ({
    n: i + 1,
    id,
    epoch,
    mail_from: mail.from,
    mail_to: mail.to,
    subject: mail.subject,
    locale: mail.locale,
    variables: mail.variables,
    gates,
  }));
  const now = instantToSql(await clock.now(sql));
  await sql.query({
    name: 'delivery_dev_mailbox',
    text: DELIVER,
    values: [worker, now, storableJson(rows), batch.map(({ mail }) => mail.source)],
  });
}

export interface DevMailboxOptions {
  connections: ConnectionSource;
  clock: Clock;
  worker: string;
  ledger: Ledger;
  report: Report;
  watcher: Watcher;
}

export class DevMailbox implements Transport {
  readonly provider = 'dev';
  onChange: () => void = () => undefined;
  /** Nothing ever comes back from it. */
  onReturned: () => void = () => undefined;
  onLetGo: () => void = () => undefined;
  private readonly held = new Set<ClaimedMessage>();
  private readonly writes: GroupCommit<PreparedMessage, void>;

  constructor(private readonly options: DevMailboxOptions) {
    this.writes = new GroupCommit(
      async (batch) => {
        await deliver(options.connections, options.worker, batch, options.clock);
        return batch.map(() => undefined);
      },
      { largest: LARGEST_BATCH, again: true, watcher: options.watcher },
    );
  }

  wants(): number {
    return this.held.size < LARGEST_BATCH ? LARGEST_BATCH : 0;
  }

  trouble(): null {
    return null;
  }

  take(messages: PreparedMessage[]): void {
    for (const message of messages) {
      this.held.add(message);
      void this.keep(message).finally(() => {
        this.held.delete(message);
        this.onChange();
      });
    }
  }

  /** Never rejects. A mail that cannot be stored says so in its own row, else it would be tried for ever. */
  private async keep(message: PreparedMessage): Promise<void> {
    const { ledger, report } = this.options;
    const { id, epoch, gates } = message;
    try {
      await this.writes.submit(message);
    } catch (error) {
      const detail = { problem: `the mail could not be stored: ${String(error)}`.slice(0, 300) };
      const skip = { id, epoch, reason: 'failed_render' as const, detail, gates };
      await ledger.skip(skip).catch((worse: unknown) => {
        this.onLetGo();
        report.warn(`message ${id} could not be recorded: ${errorText(worse)}`);
      });
    }
  }

  holds(): ReadonlySet<ClaimedMessage> {
    return this.held;
  }

  drain(): Promise<void> {
    return this.writes.idle();
  }

  /** Nothing hangs here. */
  look(): void {}

  underWay(): string | null {
    return this.held.size === 0 ? null : `${this.held.size} being stored`;
  }

  /** A row is written or it is not: there is nothing to cut. */
  cut(): void {}
}
