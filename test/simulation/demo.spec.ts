/** The demo on a database: its own campaigns, the real engine and mailer, invented people. */
import { checkConfiguration } from '../../src/app/check-configuration.js';
import { loadCampaign } from '../../src/delivery/campaigns.sql.js';
import { describeExplanation } from '../../src/delivery/describe-explanation.js';
import { explainProfile } from '../../src/delivery/explain-profile.js';
import { DAY_MS, type Instant } from '../../src/core/instant.js';
import type { Definitions } from '../../src/language/definitions.js';
import { runDemo, type DemoResult } from '../../src/simulation/demo.js';
import { demoPopulation } from '../../src/simulation/demo-population.js';
import { testDatabase, type TestDatabase } from '../support/database.js';

const TO = Date.UTC(2026, 4, 1);
/** Of which every mail goes to somebody; of the others some do, among so few people. */
const WHOLE = new Set(['card-expiring', 'short-first-session', 'win-back']);
/** Whom a broadcast reaches is for somebody to say. */
const BROADCASTS = ['feature-released', 'incident', 'webinar'];

const AGAIN = { profiles: 60, days: 35 };

interface Demo {
  db: TestDatabase;
  result: DemoResult;
  mails: { subject: string; source: string }[];
  rows: unknown;
}

/** Checked once: that takes as long as days of the run. */
let definitions: Definitions | undefined;
async function shipped(): Promise<Definitions> {
  const checked = await checkConfiguration({ config: 'config', templates: 'templates' });
  return checked.definitions!;
}

async function demo({ profiles, days }: { profiles: number; days: number }): Promise<Demo> {
  const db = await testDatabase({ max: 4 });
  definitions ??= await shipped();
  const result = await runDemo({
    connections: db.pool,
    dataSource: db.dataSource,
    definitions,
    profiles,
    days,
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
  return { db, result, mails: mails.rows, rows: rows.rows };
}

let first: Demo;
beforeAll(async () => {
  first = await demo({ profiles: 240, days: 90 });
}, 300_000);
afterAll(() => first.db.close());

test('runs the shipped campaigns and fills the dev mailbox', () => {
  const campaigns = Object.entries(first.result.campaigns);
  expect(campaigns.map(([id]) => id)).toEqual(expect.arrayContaining(['dunning', 'win-back']));
  const unentered = campaigns.filter(([, { entered }]) => entered === 0).map(([id]) => id);
  expect(unentered).toEqual(BROADCASTS);
  for (const [id, figures] of campaigns) {
    const steps = Object.values(figures.steps);
    if (BROADCASTS.includes(id)) continue;
    if (WHOLE.has(id)) expect([id, steps.every(({ sent }) => sent > 0)]).toEqual([id, true]);
    else expect([id, steps.some(({ sent }) => sent > 0)]).toEqual([id, true]);
  }
  expect(first.mails.length).toBeGreaterThan(20);
  // Also of those who left later on the day of their mail: what the log says was sent lies in the box.
  const sent = (first.rows as { state: string }[]).filter(({ state }) => state === 'sent');
  expect([first.mails.length, first.result.mails]).toEqual([sent.length, sent.length]);
  expect(first.mails.some(({ subject }) => /[а-я]/i.test(subject))).toBe(true);
  expect(first.rows).not.toEqual(
    expect.arrayContaining([expect.objectContaining({ reason: 'failed_render' })]),
  );
  // The mailer looks at each mail when it is due: none waits for a window that was open.
  expect(first.rows).not.toEqual(
    expect.arrayContaining([expect.objectContaining({ state: 'pending' })]),
  );
});

test('the same each time', async () => {
  // Five weeks of more people: schedules, trends and monthly mails all come, in a third of the time.
  const [one, other] = [await demo(AGAIN), await demo(AGAIN)];
  await one.db.close();
  await other.db.close();
  expect({ ...other.result, virtualSeconds: 0 }).toEqual({ ...one.result, virtualSeconds: 0 });
  expect((one.rows as object[]).length).toBeGreaterThan(20);
  expect(other.rows).toEqual(one.rows);
}, 400_000);

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

/** One who stands so, of those the first: `profile_id`, `campaign`, and where it is about back then `at`. */
const STATES: Record<string, [find: string, says: (string | RegExp)[]]> = {
  'entered by a segment': [
    `select profile_id, campaign, entered_at + interval '1 minute' as at from enrolments where campaign = 'milestone'`,
    [
      /is in it since .*, at wait:branch:five-hours-templates, and goes on at/,
      'It ends by\n  · left_segment: milestone/who, when this is not true any more\n    ✓ event: task_automated',
      /How it was when it entered, at .*\n {2}✓ event: task_automated, sum: .* — \d+ of it, which come to \d{3}, the last at/,
    ],
  ],
  'entered by a change of a trait': [
    `select profile_id, campaign from enrolments where campaign = 'empty-queue'`,
    [/✓ trait: queue, changed: .* — the latest change at .*, from \d to 0\n/],
  ],
  'entered by a date': [
    `select profile_id, campaign from enrolments where campaign = 'card-expiring'`,
    [/✓ date: card.expires_on, before: 7 days, at: 09:00 — it is "2026-\d\d-\d\d"; let in at/],
  ],
  'not entered: not the right plan, and when that is so by itself': [
    `select p.id as profile_id, 'short-first-session' as campaign from profiles p where p.traits ->> 'plan' = 'pro'
       and not exists (select from enrolments e where e.profile_id = p.id and campaign = 'short-first-session')
       and not exists (select from entry_refusals e where e.profile_id = p.id and campaign = 'short-first-session')`,
    [
      'never asked to enter: it is not in the segment short-first-session/who',
      '✗ trait: plan, in: [ trial, free ] — it is "pro"',
      'would have to change; by itself it does not',
    ],
  ],
  'not entered: what was not to follow has followed': [
    `select p.id as profile_id, 'first-value' as campaign from profiles p
     where exists (select from events v where v.profile_id = p.id and v.name = 'first_report_shared')
       and not exists (select from enrolments e where e.profile_id = p.id and campaign = 'first-value')`,
    [/✗ event: signed_up, not_followed_by: .* — the latest at .*; then first_report_shared at/],
  ],
  'not entered: it did not match when the schedule struck': [
    `select p.id as profile_id, 'success-story' as campaign from profiles p where p.traits ->> 'plan' = 'free'
       and p.zone = 'Europe/Berlin' and p.created_at < '2026-03-01'
       and not exists (select from enrolments e where e.profile_id = p.id and campaign = 'success-story')`,
    [
      'it did not match who: when its schedule struck at 2026-04-07 10:00',
      'it strikes next at 2026-05-05 10:00',
      /who, as it was at the strike of .*:\n {6}✗ segment: payers\n {8}✗ trait: plan, in: \[ pro, team \] — it is "/,
    ],
  ],
  'awaited: until when': [
    `select p.id as profile_id, 'card-expiring' as campaign from profiles p
     where (p.traits #>> '{card,expires_on}')::date > '2026-05-20'
       and not exists (select from enrolments e where e.profile_id = p.id and campaign = 'card-expiring')`,
    [
      /may enter: what lets it in has begun, and is decided at/,
      /✓ date: card.expires_on, before: 7 days, at: 09:00 — it is ".*"; lets in at/,
    ],
  ],
  'refused: with its rule and numbers': [
    `select profile_id, campaign from entry_refusals where reason <> 'already_active'`,
    [
      /did not enter (again )?at 2026-\d\d-\d\d \d\d:\d\d: \w+ \w+/,
      /Did not enter, the latest first\n {2}\S+ \S+ by (an|its|the|a|joining) [^_]+\n/,
    ],
  ],
  'waiting: until when, and what ends it': [
    `select e.profile_id, campaign, s.arrived_at + interval '1 minute' as at from enrolment_steps s
       join enrolments e on e.id = s.enrolment_id where campaign = 'win-back' and s.step = 'wait:offer'`,
    [/at wait:offer, and goes on at/, 'It ends by\n  · exit: event: login'],
  ],
  'waiting for an event': [
    `select e.profile_id, campaign, s.arrived_at + interval '1 minute' as at from enrolment_steps s
       join enrolments e on e.id = s.enrolment_id where campaign = 'dunning' and s.outcome in ('met', 'timed_out')`,
    [
      /, at wait:end, and waits for event payment_method_updated until/,
      'It waits for\n  · wait_for: event: payment_method_updated',
    ],
  ],
  capped: [
    `select profile_id, campaign from messages where reason = 'cap'`,
    [/not sent \(a cap is full\): 4 of at most 4 within 7 days, project, free at 2026-/],
  ],
  'outside its window': [
    `select e.profile_id, e.campaign, s.arrived_at + interval '1 minute' as at from enrolment_steps s
       join enrolments e on e.id = s.enrolment_id
     where s.outcome = 'sent' and s.settled_at > s.arrived_at + interval '1 hour'`,
    [
      /held at .* until 2026-\S+ \S+: its send window is closed \(\w{3} \d\d:\d\d, mon-sun 08:00-21:00 in .*, project\)/,
    ],
  ],
  'no consent': [
    `select profile_id, campaign from messages where reason = 'unsubscribed'`,
    [/not sent \(it is not subscribed\): topic \S+, said no to (the topic|everything)/],
  ],
  suppressed: [
    `select profile_id, campaign from messages where reason = 'suppressed'`,
    [
      'not sent (its address is suppressed): there is no such address',
      // Whether it is under way still, or came to its end.
      /What keeps its next mail back now\n {2}its address is suppressed|No mail of it comes any more\./,
    ],
  ],
  'held out': [
    `select profile_id, campaign from enrolments where held_out`,
    [
      'held out (it gets none of the mails)',
      'not sent (it is held out)',
      'What keeps its next mail back now\n  it is held out',
    ],
  ],
  exited: [
    `select profile_id, campaign from enrolments where end_because = 'event login'`,
    [/was in it from .* to .*: the event login came/],
  ],
  'ended: which arm it took on its way': [
    `select profile_id, campaign from enrolments where campaign = 'milestone' and end_reason = 'completed'`,
    [/: it went through all steps\n/, /: took (if: event: template_used, never: true|else)\n/],
  ],
};

test.each(Object.entries(STATES))('explained: %s', async (_, [find, says]) => {
  const sql = first.db.pool;
  const { rows } = await sql.query<{ profile_id: number; campaign: string; at?: Instant }>(
    `${find} order by profile_id limit 1`,
  );
  const [{ profile_id: profileId, campaign: id, at = TO }] = rows as [(typeof rows)[number]];
  const campaign = (await loadCampaign(sql, id, TO))!;
  const explained = (await explainProfile(sql, { profileId, campaign, now: TO, at }))!;
  const text = describeExplanation(explained, { who: `u${profileId}`, campaign });
  for (const said of says) expect(text).toMatch(said);
});
