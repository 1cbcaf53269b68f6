/** Campaign tests about companies and memberships: what one member does is heard by the others, in virtual time too. */
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

test('a renewal of the company, which moves with it, and mails that show what is known by then', async () => {
  const sources = fixtureSources(`#: config/campaigns/renewal.yaml
purpose: transactional
enter:
  date: account.renewal_at
  before: 7 days
  at: 09:00
  zone: project
  one_per_account: { prefer: [{ trait: role, is: owner }], otherwise: skip }
steps:
  - send: renewal
#: templates/renewal.html
---
subject: "Renewal on {{date account.renewal_at}}"
sample: { account: { renewal_at: 2026-02-01 } }
---
<p>It is renewed.</p>
#: config/tests/renewal.test.yaml
campaign: renewal
tests:
  - name: the owner is told, of the new day when it moves
    accounts: { acme: { renewal_at: 2026-02-01 } }
    profiles:
      ann: { email: ann@example.com, account: acme, first_seen: 2026-01-01 }
      bob: { email: bob@example.com, account: acme, first_seen: 2026-01-01, traits: { role: owner } }
    timeline:
      - { profile: ann, at: 2026-01-25 09:00, expect: { not_entered: account_taken } }
      - profile: bob
        at: 2026-01-25 09:00
        expect: [{ sends: renewal, subject: "Renewal on February 1, 2026" }, { ends: completed }]
      - { profile: ann, at: 2026-01-26 10:00, set_account: { renewal_at: 2027-02-01 } }
      - { profile: bob, at: 2027-01-25 09:00, expect: { sends: renewal, subject: "Renewal on February 1, 2027" } }
`);
  const { definitions, tests: files, diagnostics } = await checkDefinitions(sources);
  if (!definitions) throw new Error(JSON.stringify(diagnostics));
  const [played] = await playTests(workspacesOf(db), { definitions, files });
  expect([played!.failures, played!.story]).toEqual([[], expect.anything()]);
});

test('a campaign for companies, for those who stay, and for whom it was sent to', async () => {
  const sources = fixtureSources(`#: config/segments/teams.yaml
who:
  account:
    all: [{ trait: plan, is: team }, { members: { at_least: 2 }, who: { event: login, within_last: 14 days } }]
#: config/campaigns/hello.yaml
purpose: transactional
enter: { who: { segment: teams, for_at_least: 1 day } }
steps:
  - send: welcome
  - wait: 1 day
  - send: welcome
    id: again
    if: { all: [{ campaign: hello, is: active }, { message: hello/welcome, was: sent }] }
#: templates/welcome.html
---
subject: Welcome
---
<p>Good to have you.</p>
#: config/tests/hello.test.yaml
campaign: hello
tests:
  - name: teams
    accounts: { acme: { plan: team }, solo: { plan: free } }
    profiles:
      ann: { email: ann@example.com, account: acme }
      bob: { email: bob@example.com, account: acme }
      cem: { email: cem@example.com, account: solo }
    timeline:
      - { profile: ann, at: 2026-01-05 10:00, event: login }
      - { profile: cem, at: 2026-01-05 10:00, event: login }
      - { profile: bob, at: 2026-01-05 11:00, event: login }
      - { profile: ann, at: 2026-01-06 10:59, expect: { nothing: true } }
      - { profile: ann, at: 2026-01-06 11:00, expect: { sends: welcome } }
      - { profile: bob, at: 2026-01-06 11:00, expect: { sends: welcome } }
      - { profile: ann, at: 2026-01-07 11:00, expect: { sends: again } }
      - { profile: bob, at: 2026-01-07 11:00, expect: { sends: again } }
      - { profile: cem, at: 2026-01-09 12:00, expect: { nothing: true } }
`);
  const { definitions, tests: files, diagnostics } = await checkDefinitions(sources);
  if (!definitions) throw new Error(JSON.stringify(diagnostics));
  const [played] = await playTests(workspacesOf(db), { definitions, files });
  expect([played!.failures, played!.story]).toEqual([[], expect.anything()]);
});
