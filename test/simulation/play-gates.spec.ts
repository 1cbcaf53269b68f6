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
