/** `rekindle test` and what says when mail may go out: windows, caps and holdouts count in a story as they do in production. */
import { checkDefinitions } from '../../src/messages/check-definitions.js';
import { backtest } from '../../src/simulation/backtest.js';
import { playTests } from '../../src/simulation/play-tests.js';
import { fixtureSources } from '../language/fixture-files.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { workspacesOf } from './support.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

const CAMPAIGN = `#: config/rekindle.yaml
project: Acme
zone: Europe/Berlin
senders: { marketing: { name: Acme, email: hello@news.acme.com } }
postal_address: Acme GmbH, Torstrasse 1, 10119 Berlin
topics: { offers: { name: Offers } }
send_window: { days: mon-fri, from: 09:00, until: 17:00 }
caps: [{ at_most: 1, each: day }]
holdout: 99.99%
#: config/campaigns/tips.yaml
topic: offers
enter: { event: signed_up }
pace: 1 per day
steps:
  - send: welcome
  - send: welcome
    id: second
  - wait: 1 day
  - send: welcome
    id: third
`;

async function sourcesWith(tests: string) {
  const sources = fixtureSources(`${CAMPAIGN}#: config/tests/tips.test.yaml\n${tests}`);
  const { definitions, tests: files, diagnostics } = await checkDefinitions(sources);
  if (!definitions) throw new Error(JSON.stringify(diagnostics));
  return { definitions, files };
}

const story = (timeline: string): string => `campaign: tips
tests:
  - name: a weekend
    profiles:
      ann: { email: ann@example.com, timezone: America/New_York }
      bob: { email: bob@example.com, held_out: true }
    timeline:
${timeline}`;

test('a mail waits for its window in the zone of the person, the next is capped, who is held out gets none', async () => {
  const { definitions, files } = await sourcesWith(
    story(`      - { at: 2026-01-09 18:00, profile: bob, event: signed_up, expect: [{ skips: welcome, because: held_out }, { skips: second, because: held_out }] }
      - { at: 2026-01-09 18:00, profile: ann, event: signed_up, expect: { enters: true } }
      - { at: 2026-01-12 09:00, profile: ann, expect: [{ sends: welcome }, { skips: second, because: cap }] }
      - { at: 2026-01-13 09:00, profile: ann, expect: { sends: third } }
      - { after: 1 day, profile: ann, expect: { nothing: true } }
`),
  );
  const [played] = await playTests(workspacesOf(db), { definitions, files });
  expect(played!.failures).toEqual([]);
  expect(played!.story).toContain(
    'second was skipped for ann (cap: at_most 1 each day) at 2026-01-12 09:00',
  );
});

test('a wrong time says when the window let it go', async () => {
  const { definitions, files } = await sourcesWith(
    story(`      - { at: 2026-01-09 18:00, profile: ann, event: signed_up, expect: { sends: welcome } }
      - { at: 2026-01-14 09:00, profile: ann, expect: { nothing: true } }
`),
  );
  const [played] = await playTests(workspacesOf(db), { definitions, files });
  expect(played!.failures.map(({ message }) => message)).toContain(
    'the mail welcome was expected at 2026-01-09 18:00; it happened at 2026-01-12 09:00',
  );
});

test('a cap counts a mail from when it was due: free again to the minute, and on its own day only', async () => {
  const sources = fixtureSources(`#: config/rekindle.yaml
project: Acme
zone: UTC
senders: { marketing: { name: Acme, email: hello@news.acme.com } }
postal_address: Acme GmbH, Torstrasse 1, 10119 Berlin
topics: { offers: { name: Offers } }
#: config/campaigns/weekly.yaml
topic: offers
caps: [{ at_most: 1, within: 7 days }]
enter: { event: weekly, again: always }
steps: [{ send: welcome }]
#: config/campaigns/daily.yaml
topic: offers
caps: [{ at_most: 1, each: day }]
enter: { event: daily, again: always }
steps: [{ send: welcome }]
#: config/tests/weekly.test.yaml
campaign: weekly
tests:
  - name: to the minute
    profiles: { ann: { email: ann@example.com } }
    timeline:
      - { at: 2026-01-02 10:00, event: weekly, expect: { sends: welcome } }
      - { at: 2026-01-09 09:59, event: weekly, expect: { skips: welcome, because: cap } }
      - { at: 2026-01-09 10:00, event: weekly, expect: { sends: welcome } }
#: config/tests/daily.test.yaml
campaign: daily
tests:
  - name: the last minute
    profiles: { ann: { email: ann@example.com } }
    timeline:
      - { at: 2026-01-02 23:59, event: daily, expect: { sends: welcome } }
      - { at: 2026-01-03 12:00, event: daily, expect: { sends: welcome } }
`);
  const { definitions, tests: files, diagnostics } = await checkDefinitions(sources);
  if (!definitions) throw new Error(JSON.stringify(diagnostics));
  const played = await playTests(workspacesOf(db), { definitions, files });
  expect(played.map(({ failures }) => failures)).toEqual([[], []]);
});

test.each([60, 1 / 3])(
  'the mail of the entry itself came after the entry, as in production, in windows of %d days',
  async (days) => {
    const sources = fixtureSources(`#: config/campaigns/twice.yaml
topic: offers
enter: { event: begun }
steps:
  - send: welcome
  - wait: 1 day
  - send: welcome
    id: again
    if: { message: twice/welcome, was: sent, since: entry }
#: config/tests/twice.test.yaml
campaign: twice
tests:
  - name: both
    profiles: { ann: { email: ann@example.com } }
    timeline:
      - { at: 2026-02-02 10:00, event: begun, expect: { sends: welcome } }
      - { after: 1 day, expect: { sends: again } }
`);
    const { definitions, tests: files, diagnostics } = await checkDefinitions(sources);
    if (!definitions) throw new Error(JSON.stringify(diagnostics));
    const [played] = await playTests(workspacesOf(db), { definitions, files });
    expect(played!.failures).toEqual([]);
    const from = Date.parse('2026-02-02T00:00:00Z');
    const { rows } = await db.pool.query<{ id: number }>(
      `with people as (insert into profiles (shard, traits, created_at)
         select n, jsonb_build_object('email', 'q' || n || '@example.com'), '2026-01-01' from generate_series(1, 3) n returning id, shard)
       insert into events (profile_id, name, occurred_at, judged_at, received_at, source, message_id)
       select id, 'begun', t, t, t, 'test', 'b' || id from people,
         -- the last millisecond of a window too
         lateral (select '2026-02-02 08:00+00'::timestamptz - (shard - 2) * interval '1 millisecond' as t) at returning profile_id as id`,
    );
    const figures = await backtest(workspacesOf(db), {
      definitions,
      campaign: 'twice',
      from,
      to: Date.parse('2026-02-05T00:00:00Z'),
      windowMs: days * 86_400_000,
    });
    expect(figures!.steps).toMatchObject({ welcome: { sent: 3 }, again: { sent: 3 } });
    await db.pool.query('delete from events where profile_id = any($1)', [
      rows.map(({ id }) => id),
    ]);
  },
);

test('a backtest holds the same people out, and asks the same gates', async () => {
  const { definitions } = await sourcesWith(
    story(`      - { at: 2026-01-09 18:00, profile: ann, expect: { nothing: true } }\n`),
  );
  await db.pool.query(
    `with people as (insert into profiles (shard, traits, created_at)
       select n % 256, jsonb_build_object('email', 'p' || n || '@example.com'), '2026-01-01' from generate_series(1, 40) n returning id)
     insert into events (profile_id, name, occurred_at, judged_at, received_at, source, message_id)
     select id, 'signed_up', t, t, t, 'test', 'm' || id from people, (select '2026-01-09 18:00+00'::timestamptz as t) at`,
  );
  const outcomes = async (holdout: number): Promise<Record<string, number>> => {
    const campaigns = definitions.campaigns.map((one) => ({ ...one, holdout }));
    const found: Record<string, number> = {};
    await backtest(workspacesOf(db), {
      definitions: { ...definitions, campaigns },
      campaign: 'tips',
      from: Date.parse('2026-01-09T00:00:00Z'),
      to: Date.parse('2026-01-20T00:00:00Z'),
      inspect: async (sql) => {
        const { rows } = await sql.query<{ what: string; n: number }>(
          `select step || coalesce(' ' || reason, '') as what, count(*)::int as n from messages group by 1`,
        );
        for (const { what, n } of rows) found[what] = n;
      },
    });
    return found;
  };
  expect(await outcomes(0)).toEqual({ welcome: 40, 'second cap': 40, third: 40 });
  const held = await outcomes(5_000);
  expect(held['welcome held_out']! + held['welcome']!).toBe(40);
  expect(held['welcome held_out']).toBeGreaterThan(8);
  expect(await outcomes(5_000)).toEqual(held);
});
