/** `notifies:` in campaign tests, and notices in a backtest: what colleagues get is told apart from what the profile gets. */
import { checkDefinitions } from '../../src/messages/check-definitions.js';
import { backtest } from '../../src/simulation/backtest.js';
import { backtestHtml } from '../../src/simulation/backtest-html.js';
import { describeBacktest } from '../../src/simulation/describe-backtest.js';
import { playTests } from '../../src/simulation/play-tests.js';
import { DAY, Scenario } from '../engine/scenario.js';
import { T0 } from '../engine/story-parts.js';
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
notify_only: [acme.com]
#: templates/greeting.html
---
subject: Welcome
---
<p>Welcome!</p><p>{{postal_address}} <a href="{{unsubscribe_url}}">Unsubscribe</a></p>
#: templates/internal/risk.html
---
subject: "{{account.name}} is at risk"
sample: { profile: { email: ann@example.com }, account: { name: Acme }, entry: { logins: 3 }, with: { score: 7 } }
---
<p>{{profile.email}} logged in {{entry.logins}} times; {{with.score}}.</p>
#: config/campaigns/at-risk.yaml
topic: offers
enter: { event: quiet, again: always }
steps:
  - send: greeting
  - notify: internal/risk
    to: { trait: account.csm_email }
    with: { score: { value_of: profile.score } }
    if: { entry: logins, less_than: 5 }
`;

async function play(tests: string) {
  const sources = fixtureSources(`${CAMPAIGN}#: config/tests/at-risk.test.yaml
campaign: at-risk
tests:
${tests}`);
  const { definitions, tests: files, diagnostics } = await checkDefinitions(sources);
  expect(diagnostics).toEqual([]);
  const [played] = await playTests(workspacesOf(db), { definitions: definitions!, files });
  return played!;
}

const ann = (csm: string) => `
    profiles: { ann: { email: ann@example.com, account: acme, traits: { score: 7 } } }
    accounts: { acme: { name: Acme Ltd${csm === '' ? '' : `, csm_email: ${csm}`} } }
    timeline:
      - at: 2026-01-05 10:00
        event: quiet
        with: { logins: 3 }`;

it('a notice is expected by its step, with whom it went to and what it says', async () => {
  const { failures, story } = await play(`  - name: told${ann('mara@acme.com')}
        expect:
          - { sends: greeting, to: ann@example.com }
          - { notifies: risk, to: mara@acme.com, subject: Acme Ltd is at risk, contains: [ann@example.com logged in 3 times; 7] }
          - ends: completed
`);
  expect(failures).toEqual([]);
  expect(story).toContain('risk about ann was sent to mara@acme.com at 2026-01-05 10:00');
});

it('one that nobody expects fails the test, as one that did not come and one that says something else do', async () => {
  const surprise = await play(
    `  - name: surprise${ann('mara@acme.com')}\n        expect: { sends: greeting }\n`,
  );
  expect(surprise.failures.map(({ message }) => message)).toEqual([
    'risk about ann was sent to mara@acme.com at 2026-01-05 10:00, which no entry expects',
  ]);
  const other = await play(
    `  - name: other${ann('mara@acme.com')}\n        expect: [{ sends: greeting }, { notifies: risk, to: bob@acme.com, subject: x, contains: nothing like it }]\n`,
  );
  expect(other.failures.map(({ message }) => message)).toEqual([
    'risk went to mara@acme.com, not to bob@acme.com',
    'the subject of risk is "Acme Ltd is at risk", not "x"',
    'risk does not contain "nothing like it"',
  ]);
  for (const [csm, because] of [
    ['', 'no_address'],
    ['eve@evil.example', 'notify_only'],
  ] as const) {
    const none = await play(
      `  - name: none${ann(csm)}\n        expect: [{ sends: greeting }, { notifies: risk }]\n`,
    );
    expect(none.failures.map(({ message }) => message)).toEqual([
      `the notice risk was expected at 2026-01-05 10:00; risk was skipped for ann (${because}) at 2026-01-05 10:00`,
    ]);
    const skipped = await play(
      `  - name: skipped${ann(csm)}\n        expect: [{ sends: greeting }, { skips: risk, because: ${because} }]\n`,
    );
    expect(skipped.failures).toEqual([]);
  }
});

it('a backtest counts notices apart from mails, and they press on nobody', async () => {
  const { definitions } = await checkDefinitions(fixtureSources(CAMPAIGN));
  const story = await Scenario.open();
  try {
    for (const csm of ['mara@acme.com', 'eve@evil.example']) {
      const id = await story.profile({ score: 1 });
      await story.connection.query(
        `with a as (insert into accounts (external_id, traits, created_at) values ($2, $3, 'epoch') returning id)
         update profiles set account_id = a.id from a where profiles.id = $1`,
        [id, csm, { name: 'Acme', csm_email: csm }],
      );
      await story.track(id, 'quiet', T0, { logins: 1 });
    }
    const result = await backtest(workspacesOf(story.db), {
      definitions: definitions!,
      campaign: 'at-risk',
      from: T0 - DAY,
      to: T0 + DAY,
    });
    expect(result).toMatchObject({
      steps: { greeting: { sent: 2 } },
      notices: { risk: { sent: 1, skipped: { notify_only: 1 } } },
      pressure: [{ mails: 1, profiles: 2 }],
    });
    expect(result!.days.map(({ sent, skipped }) => [sent, skipped])).toContainEqual([2, 0]);
    expect(describeBacktest('at-risk', result!)).toContain(
      '  greeting: 2 sent\n  notice risk: 1 sent, not sent: notify_only 1\n',
    );
    const about = { campaign: 'at-risk', from: '', to: '' };
    expect(backtestHtml(result!, about)).toContain('<h2>Notices to colleagues</h2>');
  } finally {
    await story.close();
  }
});
