/** The demo on a database: its own campaigns, the real engine and mailer, invented people. */
import { checkConfiguration } from '../../src/app/check-configuration.js';
import { DAY_MS } from '../../src/core/instant.js';
import { runDemo, type DemoResult } from '../../src/simulation/demo.js';
import { demoPopulation } from '../../src/simulation/demo-population.js';
import { testDatabase } from '../support/database.js';

const TO = Date.UTC(2026, 4, 1);
/** Of which every mail goes to somebody; of the others some do, among so few people. */
const WHOLE = new Set(['card-expiring', 'short-first-session', 'win-back']);
const BROADCASTS = new Set(['feature-released', 'incident', 'webinar']);
/** About companies, which nobody of the demo belongs to. */
const OF_COMPANIES = new Set(['new-manager', 'team-quiet']);

async function demo(
  profiles: number,
): Promise<{ result: DemoResult; mails: { subject: string; source: string }[]; rows: unknown }> {
  const db = await testDatabase({ max: 4 });
  try {
    const { definitions } = await checkConfiguration({ config: 'config', templates: 'templates' });
    const result = await runDemo({
      connections: db.pool,
      dataSource: db.dataSource,
      definitions: definitions!,
      profiles,
      days: 90,
      seed: 1,
      to: TO,
      publicUrl: 'http://127.0.0.1:3000',
    });
    const mails = await db.pool.query<{ subject: string; source: string }>(
      `select subject, convert_from(source, 'UTF8') as source from dev_mails order by message_id`,
    );
    const rows = await db.pool.query(
      `select m.campaign, m.step, m.state, m.reason, m.profile_id, m.decided_at from messages m order by 1, 2, 5, 6`,
    );
    return { result, mails: mails.rows, rows: rows.rows };
  } finally {
    await db.close();
  }
}

test('runs the shipped campaigns and fills the dev mailbox, the same each time', async () => {
  const first = await demo(150);
  const campaigns = Object.entries(first.result.campaigns);
  expect(campaigns.map(([id]) => id)).toEqual(expect.arrayContaining(['dunning', 'win-back']));
  for (const [id, figures] of campaigns) {
    const steps = Object.values(figures.steps);
    // Whom a broadcast reaches is for somebody to say.
    if (BROADCASTS.has(id) || OF_COMPANIES.has(id)) expect(figures.entered).toBe(0);
    else if (WHOLE.has(id)) expect([id, steps.every(({ sent }) => sent > 0)]).toEqual([id, true]);
    else expect([id, steps.some(({ sent }) => sent > 0)]).toEqual([id, true]);
  }
  expect(first.mails.length).toBeGreaterThan(20);
  expect(first.mails.some(({ subject }) => /[а-я]/i.test(subject))).toBe(true);
  expect(first.rows).not.toEqual(
    expect.arrayContaining([expect.objectContaining({ reason: 'failed_render' })]),
  );
  const second = await demo(150);
  expect({ ...second.result, virtualSeconds: 0 }).toEqual({ ...first.result, virtualSeconds: 0 });
  expect(second.rows).toEqual(first.rows);
}, 180_000);

test('the people are the same for the same seed, others for another, and nobody acts outside the span', () => {
  const span = { from: TO - 90 * DAY_MS, to: TO };
  const population = demoPopulation(300, span, 1);
  expect(demoPopulation(300, span, 1)).toEqual(population);
  expect(demoPopulation(300, span, 2)).not.toEqual(population);
  expect(population.events.every(({ at }) => at < TO)).toBe(true);
  expect(population.traitChanges.every(({ at }) => at >= span.from && at < TO)).toBe(true);
  const names = new Set(population.events.map(({ name }) => name));
  for (const name of [
    'login',
    'session_ended',
    'setup_completed',
    'subscription_cancelled',
    'subscription_started',
    'payment_method_updated',
  ]) {
    expect(names).toContain(name);
  }
});
