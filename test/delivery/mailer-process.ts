/**
 * A mailer as a process of its own, for tests that kill it. One argument: `MailerProcessOptions` as JSON.
 * Prints `mailer WORKER`, then its troubles. `naive` switches the gate off: what a dead worker had begun to
 * send is sent again, as a plain queue would.
 */
import { openPool } from '../../src/app/database.js';
import { DatabaseClock } from '../../src/core/clock.js';
import { Mailer } from '../../src/delivery/mailer.js';
import { parseSmtpUrl } from '../../src/delivery/smtp-url.js';

export interface MailerProcessOptions {
  databaseUrl: string;
  schema: string;
  smtpUrl: string;
  leaseMs: number;
  /** Between two looks at what is due; default 250. */
  tickMs?: number;
  naive: boolean;
}

const NAIVE_REQUEUE = `
update messages m set state = 'pending', worker = null
where m.state in ('claimed', 'transmitting')
  and not exists (select from workers w where w.id = m.worker and w.lease_until > clock_timestamp())`;

const options = JSON.parse(process.argv[2]!) as MailerProcessOptions;
const pool = openPool(options.databaseUrl, {
  schema: options.schema,
  max: 6,
  applicationName: 'mailer under test',
});
const mailer = new Mailer({
  connections: pool,
  clock: new DatabaseClock(),
  server: parseSmtpUrl(options.smtpUrl),
  publicUrl: 'http://127.0.0.1:3000',
  leaseMs: options.leaseMs,
  report: console,
});

async function naiveTick(): Promise<void> {
  try {
    await pool.query(NAIVE_REQUEUE);
  } catch (error) {
    console.log(String(error));
  }
  mailer.wake();
}

async function start(): Promise<void> {
  for (;;) {
    try {
      await mailer.start();
      break;
    } catch (error) {
      console.log(`no database yet: ${String(error)}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  console.log(`mailer ${mailer.worker.id}`);
  setInterval(() => void (options.naive ? naiveTick() : mailer.tick()), options.tickMs ?? 250);
}

process.on('SIGTERM', () => void mailer.stop().then(() => process.exit(0)));
void start();
