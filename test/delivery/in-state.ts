/** Messages in a state that somebody finds them in, and a mailer that sends what is due to the dev mailbox. */
import { DatabaseClock, type Clock } from '../../src/core/clock.js';
import type { ConnectionSource, Queryable } from '../../src/core/queryable.js';
import { Mailer } from '../../src/delivery/mailer.js';
import { seedPending, type Workspace } from './pending-messages.js';

let campaigns = 0;

/** Messages of a campaign of their own, in this state, with a reason where it has one. */
export async function seedInState(
  sql: Queryable,
  workspace: Workspace,
  { state, count = 1 }: { state: string; count?: number },
): Promise<{ ids: number[]; campaign: string }> {
  const campaign = `c${(campaigns += 1)}`;
  const ids = await seedPending(sql, workspace, { count, campaign });
  await sql.query(
    `update messages set state = $2, settled_at = case when $2 <> 'pending' then due_at end,
       reason = case $2 when 'failed' then 'gave_up' when 'ambiguous' then 'worker_lost' end
     where id = any($1::bigint[])`,
    [ids, state],
  );
  return { ids, campaign };
}

/** Everything that is due becomes a mail of the dev mailbox. */
export async function deliverToDevMailbox(
  connections: ConnectionSource,
  clock: Clock = new DatabaseClock(),
): Promise<void> {
  const mailer = new Mailer({
    connections,
    clock,
    server: null,
    publicUrl: 'http://127.0.0.1:3000',
  });
  await mailer.start();
  await mailer.idle();
  await mailer.stop();
}
