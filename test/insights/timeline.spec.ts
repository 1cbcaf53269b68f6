/** One person's timeline: everything in one order, page by page, each thing once. */
import {
  loadTimeline,
  TIMELINE_KINDS,
  type TimelineItem,
} from '../../src/insights/timeline.sql.js';
import { seedDefinitions } from '../delivery/pending-messages.js';
import { testDatabase, type TestDatabase } from '../support/database.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await seed();
});
afterAll(() => db.close());

const T = (text: string): string => `2026-01-${text}Z`;

/** Ann has everything, much of it at one instant; profile 2 has as much, and none of it is hers. */
async function seed(): Promise<void> {
  const { pool } = db;
  const { campaignVersionId: version, templateVersionId: template } = await seedDefinitions(pool);
  await pool.query(
    `insert into profiles (shard, traits, created_at) values (1, '{}', $1), (2, '{}', $1)`,
    [T('01T00:00:00')],
  );
  for (const profile of [1, 2]) {
    const event = (name: string, at: string) =>
      pool.query(
        `insert into events (profile_id, name, occurred_at, judged_at, received_at, properties, source, message_id)
         values ($1, $2, $3, $3, $3, '{"n": 1}', 'api:app', $4)`,
        [profile, name, at, `${name} ${at}`],
      );
    for (let day = 10; day < 20; day += 1) await event('login', T(`${day}T08:00:00`));
    await event('cancelled', T('05T10:00:00'));
    await event('cancelled', T('15T08:00:00'));
    await pool.query(
      `insert into profile_event_stats
       select profile_id, name, count(*), min(occurred_at), max(occurred_at), max(judged_at)
       from events where profile_id = $1 group by 1, 2`,
      [profile],
    );
    await pool.query(
      `insert into trait_changes (profile_id, trait, before, after, changed_at, source)
       values ($1, 'plan', null, '"free"', $2, 'import'), ($1, 'plan', '"free"', '"pro"', $3, 'api:app')`,
      [profile, T('02T00:00:00'), T('05T10:00:00')],
    );
    await pool.query(
      `insert into transitions (profile_id, segment, version_id, entered, at, cause)
       values ($1, 'pros', 1, true, $2, 'change'), ($1, 'pros', 1, false, $3, 'time')`,
      [profile, T('05T10:00:00'), T('18T00:00:00')],
    );
    const { rows } = await pool.query<{ id: number }>(
      `insert into enrolments (profile_id, shard, campaign, version_id, trigger, state, entered_at, cause_at, ended_at, end_reason, end_because)
       values ($1, 1, 'win-back', $2, 'event:1', 'ended', $3, $3, $4, 'exited', 'event login') returning id`,
      [profile, version, T('05T10:00:00'), T('05T10:00:00')],
    );
    const enrolment = rows[0]!.id;
    await pool.query(
      `insert into enrolment_steps (profile_id, enrolment_id, step, arrived_at, settled_at, outcome)
       values ($1, $2, 'wait:z', $3, $3, 'waited'), ($1, $2, 'a-mail', $3, $3, 'sent')`,
      [profile, enrolment, T('05T10:00:00')],
    );
    await pool.query(
      `insert into messages (profile_id, enrolment_id, campaign, version_id, step, template, template_version_id, purpose, sender, mail_id,
         state, reason, decided_at, due_at, settled_at, subject)
       values ($1::bigint, $2, 'win-back', $3, 'a-mail', 't', $4, 'marketing', 's', 'm1-' || $1::bigint, 'sent', null, $5, $5, $6, 'Hello'),
         ($1, $2, 'win-back', $3, 'b-mail', 't', $4, 'marketing', 's', 'm2-' || $1::bigint, 'skipped', 'unsubscribed', $5, $5, null, null),
         ($1, $2, 'win-back', $3, 'c-mail', 't', $4, 'marketing', 's', 'm3-' || $1::bigint, 'skipped', 'ended', $5, $5, $6, null)`,
      [profile, enrolment, version, template, T('05T10:00:00'), T('05T10:00:07')],
    );
    await pool.query(
      `insert into entry_refusals (profile_id, campaign, version_id, at, trigger, reason, detail)
       values ($1, 'win-back', $2, $3, 'event:2', 'again_too_soon', '{"free_at": 5}')`,
      [profile, version, T('15T08:00:00')],
    );
  }
}

const all = { kinds: TIMELINE_KINDS, event: null, before: null, limit: 1_000 };
const said = ({ at, what, about }: TimelineItem): string => {
  const detail = about as Record<string, unknown>;
  const name =
    detail['name'] ?? detail['trait'] ?? detail['segment'] ?? detail['step'] ?? detail['campaign'];
  return `${new Date(at).toISOString().slice(8, 19)} ${what} ${String(name)}`;
};

test('what happened at one instant stands in the order of the engine, the latest above', async () => {
  const items = await loadTimeline(db.pool, 1, all);
  expect(items.map(said)).toEqual([
    '19T08:00:00 event login',
    '18T08:00:00 event login',
    '18T00:00:00 left pros',
    '17T08:00:00 event login',
    '16T08:00:00 event login',
    '15T08:00:00 refused win-back',
    '15T08:00:00 event cancelled',
    '15T08:00:00 event login',
    '14T08:00:00 event login',
    '13T08:00:00 event login',
    '12T08:00:00 event login',
    '11T08:00:00 event login',
    '10T08:00:00 event login',
    '05T10:00:07 skipped c-mail',
    '05T10:00:07 sent a-mail',
    '05T10:00:00 ended win-back',
    '05T10:00:00 decided c-mail',
    '05T10:00:00 skipped b-mail',
    '05T10:00:00 decided a-mail',
    '05T10:00:00 step wait:z',
    '05T10:00:00 entered win-back',
    '05T10:00:00 joined pros',
    '05T10:00:00 trait plan',
    '05T10:00:00 event cancelled',
    '02T00:00:00 trait plan',
  ]);
});

test('each thing tells what it was about', async () => {
  const items = await loadTimeline(db.pool, 1, all);
  const about = (what: string) => items.find((item) => item.what === what)?.about;
  expect(about('trait')).toEqual({
    trait: 'plan',
    before: 'free',
    after: 'pro',
    source: 'api:app',
  });
  expect(about('refused')).toMatchObject({ reason: 'again_too_soon', numbers: { free_at: 5 } });
  expect(about('ended')).toEqual({
    campaign: 'win-back',
    reason: 'exited',
    because: 'event login',
  });
  expect(about('sent')).toMatchObject({ subject: 'Hello', state: 'sent', reason: null });
  expect(about('event')).toEqual({
    name: 'login',
    properties: { n: 1 },
    source: 'api:app',
    historical: false,
  });
});

test.each([1, 2, 3, 7, 24, 25])(
  'pages of %i hold everything once, in the same order',
  async (limit) => {
    const whole = await loadTimeline(db.pool, 1, all);
    const paged: TimelineItem[] = [];
    for (;;) {
      const last = paged.at(-1);
      const before = last ? ([last.at, last.rank, last.id] as const) : null;
      const page = await loadTimeline(db.pool, 1, { ...all, before, limit });
      paged.push(...page);
      if (page.length < limit) break;
    }
    expect(paged).toEqual(whole);
  },
);

test.each([
  [['events'], null, 12],
  [['events'], 'cancelled', 2],
  [['traits'], null, 2],
  [['memberships'], null, 2],
  [['enrolments'], null, 4],
  [['messages'], null, 5],
  [['events', 'messages'], 'login', 15],
  [[], null, 0],
] as const)('of the kinds %j, events called %s: %i', async (kinds, event, n) => {
  expect(await loadTimeline(db.pool, 1, { ...all, kinds, event })).toHaveLength(n);
});
