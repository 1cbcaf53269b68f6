/** What a run of a campaign came to: people in, mails out, and where they left. Read from the simulation's tables. */
import { awaitedSend, toProgram } from '../campaigns/program.js';
import type { Queryable } from '../core/queryable.js';
import type { CampaignDefinition } from '../language/definitions.js';
import { idsOf } from './needed-definitions.js';

export interface CampaignFigures {
  entered: number;
  /** By the id of the send, in the campaign's order. */
  steps: Record<string, MailFigures>;
  /** What went to colleagues, likewise; only of a campaign that does so. */
  notices?: Record<string, MailFigures>;
  /** Calls of other systems, likewise; `sent`: they would have been made. */
  calls?: Record<string, MailFigures>;
  /** Left before the end, other than by the goal; `before` = the send that the enrolment was waiting for. */
  /** `atEnd`: why those did before whom no send lay, in the author's words; absent: nobody did. */
  exited: { before: Record<string, number>; atEnd?: Record<string, number> };
  completed: number;
  converted: number;
  active: number;
  /** Of the active ones, the send that they wait for. */
  waiting: { before: Record<string, number> };
  /** Entries refused, by reason. */
  refused: Record<string, number>;
}

interface MailFigures {
  sent: number;
  skipped?: Record<string, number>;
}

/** Of all steps together, how many were not sent and why. */
export function skippedByReason(steps: CampaignFigures['steps']): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { skipped = {} } of Object.values(steps))
    for (const [reason, count] of Object.entries(skipped))
      counts[reason] = (counts[reason] ?? 0) + count;
  return counts;
}

/** Figures of the campaign's newest version and all before it. */
export async function campaignFigures(
  sql: Queryable,
  campaign: CampaignDefinition,
): Promise<CampaignFigures> {
  const none = (kind: 'send' | 'notify'): Record<string, MailFigures> =>
    Object.fromEntries(idsOf(kind, campaign).map((id) => [id, { sent: 0 }]));
  const steps = none('send');
  const notices = none('notify');
  const messages = await sql.query<{
    step: string;
    notice: boolean;
    state: string;
    reason: string | null;
    count: number;
  }>(
    `select step, purpose = 'notice' as notice, state, reason, count(*) as count from messages
     where campaign = $1 and state in ('sent', 'skipped') group by 1, 2, 3, 4 order by 1, 2, 3, 4`,
    [campaign.id],
  );
  for (const { step, notice, state, reason, count } of messages.rows) {
    const figures = ((notice ? notices : steps)[step] ??= { sent: 0 });
    if (state === 'sent') figures.sent += count;
    else (figures.skipped ??= {})[reason!] = count;
  }
  const { entered, ...rest } = await enrolmentFigures(sql, campaign);
  const told = Object.keys(notices).length > 0 ? { notices } : {};
  const calls = await callFigures(sql, campaign);
  const called = Object.keys(calls).length > 0 ? { calls } : {};
  return { entered, steps, ...told, ...called, ...rest, refused: await refusals(sql, campaign.id) };
}

async function callFigures(
  sql: Queryable,
  campaign: CampaignDefinition,
): Promise<Record<string, MailFigures>> {
  const ids = idsOf('webhook', campaign);
  const calls: Record<string, MailFigures> = Object.fromEntries(ids.map((id) => [id, { sent: 0 }]));
  if (ids.length === 0) return calls;
  const { rows } = await sql.query<{ step: string; outcome: string; count: number }>(
    `select s.step, s.outcome, count(*) as count
     from enrolment_steps s join enrolments e on e.id = s.enrolment_id
     where e.campaign = $1 and s.step = any($2::text[]) group by 1, 2 order by 1, 2`,
    [campaign.id, ids],
  );
  for (const { step, outcome, count } of rows) {
    const figures = calls[step]!;
    if (outcome === 'called') figures.sent = count;
    else (figures.skipped ??= {})[outcome.replace(/^skipped:/, '')] = count;
  }
  return calls;
}

async function enrolmentFigures(
  sql: Queryable,
  campaign: CampaignDefinition,
): Promise<Omit<CampaignFigures, 'steps' | 'notices' | 'calls' | 'refused'>> {
  const { rows } = await sql.query<{
    step: string | null;
    end_reason: string | null;
    end_because: string | null;
    count: number;
    converted: number;
  }>(
    `select step, end_reason, end_because, count(*) as count, count(converted_at) as converted
     from enrolments where campaign = $1 group by 1, 2, 3 order by 1, 2, 3`,
    [campaign.id],
  );
  const program = toProgram(campaign);
  const figures = {
    entered: 0,
    exited: { before: {} } as CampaignFigures['exited'],
    completed: 0,
    converted: 0,
    active: 0,
    waiting: { before: {} as Record<string, number> },
  };
  const placeOf = (step: string | null): string =>
    (step !== null && awaitedSend(program, step)) || 'end';
  const add = (to: Record<string, number>, what: string, count: number): void => {
    to[what] = (to[what] ?? 0) + count;
  };
  for (const { step, end_reason: reason, end_because: because, count, converted } of rows) {
    figures.entered += count;
    figures.converted += converted;
    if (reason === 'completed') figures.completed += count;
    if (reason === 'exited') {
      add(figures.exited.before, placeOf(step), count);
      if (placeOf(step) === 'end' && because !== null)
        add((figures.exited.atEnd ??= {}), because, count);
    }
    if (reason !== null) continue;
    figures.active += count;
    add(figures.waiting.before, placeOf(step), count);
  }
  for (const counts of [figures.exited, figures.waiting]) counts.before = inOrder(counts.before);
  return figures;

  /** As the sends and notices stand in the campaign. */
  function inOrder(counts: Record<string, number>): Record<string, number> {
    const order = [...program.steps.keys(), 'end'];
    return Object.fromEntries(
      Object.entries(counts).toSorted(([a], [b]) => order.indexOf(a) - order.indexOf(b)),
    );
  }
}

async function refusals(sql: Queryable, campaign: string): Promise<Record<string, number>> {
  const { rows } = await sql.query<{ reason: string; count: number }>(
    'select reason, count(*) as count from entry_refusals where campaign = $1 group by 1 order by 1',
    [campaign],
  );
  return Object.fromEntries(rows.map(({ reason, count }) => [reason, count]));
}
