/**
 * `rekindle restored`: right after a database was restored from a backup, before a mailer runs. Pauses all sending, and holds
 * what was due in the time that the backup knows nothing of: those mails may have left. Said again later it handles what
 * the engine has decided meanwhile for that same time.
 */
import type { Command } from 'commander';
import { recordAction } from '../../core/audit.js';
import { DatabaseClock } from '../../core/clock.js';
import { NEVER, type Instant } from '../../core/instant.js';
import type { Queryable } from '../../core/queryable.js';
import { inTransaction } from '../../core/transaction.js';
import { holdRestored, type HeldAfterRestore } from '../../delivery/hold-restored.sql.js';
import { findPause, setPause } from '../../delivery/pauses.sql.js';
import { newCommand, withWorkspace, type CommonOptions } from './new-command.js';

/** Who the pause is of: by it the command knows that it was said before, and when. */
const SET_BY = 'rekindle restored';

export function registerRestored(program: Command): void {
  newCommand(
    program,
    'restored',
    'After a restore: pause all sending, and hold what may have been sent since the backup',
  ).action(async (options: CommonOptions) => {
    const { held, sentAgain, until } = await withWorkspace(options, ({ connections }) =>
      inTransaction(connections, async (sql) => hold(sql, await new DatabaseClock().now(sql))),
    );
    process.stdout.write(
      `all sending is paused. Of the mails that were due until ${new Date(until).toISOString()}: ${held} held as ambiguous, ${sentAgain} transactional ones go out once more\n`,
    );
  });
}

async function hold(sql: Queryable, now: Instant): Promise<HeldAfterRestore & { until: Instant }> {
  const before = await findPause(sql, { scope: 'all', name: '', now });
  const until = before?.setBy === SET_BY ? before.since : now;
  if (before?.setBy !== SET_BY) {
    const why = 'restored from a backup: what was due before may have been sent';
    await setPause(sql, { scope: 'all', name: '', until: NEVER, setBy: SET_BY, why, now });
  }
  const result = await holdRestored(sql, { until, now });
  const detail = { until: new Date(until).toISOString(), ...result };
  await recordAction(sql, {
    at: now,
    actor: 'command',
    action: 'messages.restored',
    subject: '',
    detail,
  });
  return { ...result, until };
}
