/** Campaign tests about what is sampled once a day: the samples are taken in virtual time. */
import { checkDefinitions } from '../../src/messages/check-definitions.js';
import { playTests } from '../../src/simulation/play-tests.js';
import { fixtureSources } from '../language/fixture-files.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { workspacesOf } from './support.js';

jest.setTimeout(120_000);

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

const WELCOME = `#: templates/welcome.html
---
subject: Welcome
---
<p>Good to have you.</p>
`;

async function play(text: string) {
  const { definitions, tests, diagnostics } = await checkDefinitions(
    fixtureSources(text + WELCOME),
  );
  if (!definitions) throw new Error(JSON.stringify(diagnostics));
  const [played] = await playTests(workspacesOf(db), { definitions, files: tests });
  return [played!.failures, played!.story];
}

test('a team that falls silent is written to after the sample, by the time of rekindle.yaml', async () => {
  const played = await play(`#: config/rekindle.yaml
project: Acme
zone: Europe/Berlin
daily_at: 05:30
senders: { transactional: { name: Acme, email: hello@acme.example } }
#: config/campaigns/hello.yaml
purpose: transactional
enter:
  who: { account: { event: login, trend: { drops_by: 50%, over: 2 days, from_at_least: 4 } } }
steps:
  - send: welcome
#: config/tests/hello.test.yaml
campaign: hello
tests:
  - name: a team
    accounts: { acme: { plan: team }, solo: { plan: free } }
    profiles:
      ann: { email: ann@example.com, account: acme, first_seen: 2025-12-01 10:00 }
      bob: { email: bob@example.com, account: acme, first_seen: 2025-12-01 10:00 }
      cem: { email: cem@example.com, account: solo, first_seen: 2025-12-01 10:00 }
    timeline:
      - { profile: ann, at: 2026-01-06 10:00, event: login, repeat: 2 }
      - { profile: bob, at: 2026-01-06 11:00, event: login, repeat: 2 }
      - { profile: cem, at: 2026-01-06 11:00, event: login, repeat: 3 }
      - { profile: bob, at: 2026-01-08 11:00, event: login, repeat: 2 }
      - { profile: ann, at: 2026-01-09 05:29, expect: { nothing: true } }
      - { profile: ann, at: 2026-01-09 05:30, expect: { sends: welcome } }
      - { profile: bob, at: 2026-01-09 05:30, expect: { sends: welcome } }
      - { profile: cem, at: 2026-01-14 12:00, expect: { nothing: true } }
`);
  expect(played).toEqual([[], expect.anything()]);
});

test('who comes into the upper half by its own doing enters at once, by a new cut-off with the sample', async () => {
  const played = await play(`#: config/rekindle.yaml
project: Acme
zone: UTC
senders: { transactional: { name: Acme, email: hello@acme.example } }
#: config/segments/payers.yaml
who: { trait: plan, is: pro }
#: config/segments/power-users.yaml
who:
  all:
    - segment: payers
    - event: any
      count: { percentile: { at_least: 75, among: payers } }
      within_last: 30 days
#: config/campaigns/hello.yaml
purpose: transactional
enter: { segment: power-users }
steps:
  - send: welcome
#: config/tests/hello.test.yaml
campaign: hello
tests:
  - name: four payers
    profiles:
      ann: { email: ann@example.com, traits: { plan: pro } }
      bob: { email: bob@example.com, traits: { plan: pro } }
      cem: { email: cem@example.com, traits: { plan: pro } }
      dan: { email: dan@example.com, traits: { plan: pro } }
      eva: { email: eva@example.com, traits: { plan: free } }
    timeline:
      - { profile: ann, at: 2026-01-06 10:00, event: login, repeat: 1 }
      - { profile: bob, at: 2026-01-06 10:00, event: login, repeat: 2 }
      - { profile: cem, at: 2026-01-06 10:00, event: login, repeat: 3 }
      - { profile: eva, at: 2026-01-06 10:00, event: login, repeat: 30 }
      - { profile: dan, at: 2026-01-06 10:00, event: login, repeat: 4 }
      - { profile: cem, at: 2026-01-07 02:59, expect: { nothing: true } }
      - { profile: cem, at: 2026-01-07 03:00, expect: { sends: welcome } }
      - { profile: dan, at: 2026-01-07 03:00, expect: { sends: welcome } }
      - { profile: bob, at: 2026-01-07 09:00, event: login, expect: { sends: welcome } }
      - { profile: eva, at: 2026-01-09 09:00, expect: { nothing: true } }
`);
  expect(played).toEqual([[], expect.anything()]);
});

test('scores, answers and companies are ranked in a test as they are live', async () => {
  const played = await play(`#: config/rekindle.yaml
project: Acme
zone: UTC
senders: { transactional: { name: Acme, email: hello@acme.example } }
#: config/scores/keenness.yaml
points: [{ add: 8, for_each: { event: login }, half_life: 1 day }]
#: config/segments/top.yaml
who:
  all:
    - { score: keenness, percentile: { at_least: 80 } }
    - { event: order, followed_by: delivered, took: { percentile: { at_least: 60 } } }
    - { account: { members: { percentile: { at_least: 100 } } } }
#: config/campaigns/hello.yaml
purpose: transactional
enter: { segment: top }
steps:
  - send: welcome
#: config/tests/hello.test.yaml
campaign: hello
tests:
  - name: the slow order of the keenest in the largest company
    accounts: { acme: {}, solo: {} }
    profiles:
      ann: { email: ann@example.com, account: acme }
      bob: { email: bob@example.com, account: acme }
      cem: { email: cem@example.com, account: solo }
    timeline:
      - { profile: ann, at: 2026-01-06 10:00, event: order }
      - { profile: bob, at: 2026-01-06 10:00, event: order }
      - { profile: cem, at: 2026-01-06 10:00, event: order }
      - { profile: bob, at: 2026-01-06 11:00, event: delivered }
      - { profile: ann, at: 2026-01-06 12:00, event: delivered }
      - { profile: ann, at: 2026-01-06 13:00, event: login, repeat: 2 }
      - { profile: bob, at: 2026-01-06 13:00, event: login }
      - { profile: cem, at: 2026-01-06 13:00, event: login }
      - { profile: ann, at: 2026-01-07 02:59, expect: { nothing: true } }
      - { profile: ann, at: 2026-01-07 03:00, expect: { sends: welcome } }
      - { profile: ann, at: 2026-01-10 03:00, expect: { nothing: true } }
`);
  expect(played).toEqual([[], expect.anything()]);
});
