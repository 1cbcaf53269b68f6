/** What a plan says beside the language: names that nothing has had so far, steps that left a running version. */
import { instantToSql } from '../../src/core/instant.js';
import { planChanges } from '../../src/campaigns/plan-changes.js';
import { planDiagnostics } from '../../src/campaigns/plan-diagnostics.js';
import { applyDefinitions } from '../../src/definitions/apply-definitions.js';
import { checkSources, type CheckResult } from '../../src/language/check.js';
import type { Definitions } from '../../src/language/definitions.js';
import { printDiagnostics } from '../../src/language/print-diagnostics.js';
import { DAY, Scenario } from '../engine/scenario.js';
import { T0 } from '../engine/story-parts.js';
import { fixtureSources } from '../language/fixture-files.js';

let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
});
afterEach(() => story.close());

type Checked = CheckResult & { definitions: Definitions };

function check(fixture: string): Checked {
  const { definitions, ...checked } = checkSources(fixtureSources(fixture));
  if (!definitions) throw new Error(JSON.stringify(checked.diagnostics));
  return { ...checked, definitions };
}

/** As `rekindle plan` prints it. */
async function planned(fixture: string, now: number): Promise<string> {
  const checked = check(fixture);
  const plan = await planChanges(story.connection, checked.definitions, now);
  const diagnostics = await planDiagnostics(story.connection, checked, plan, now);
  const texts = new Map(fixtureSources(fixture).map(({ path, text }) => [path, text]));
  return printDiagnostics(diagnostics, texts, { colours: false });
}

const apply = (fixture: string) =>
  applyDefinitions(story.db.dataSource, check(fixture).definitions, { by: 'test', at: T0 });

const CART = `#: config/campaigns/cart.yaml
topic: offers
enter:
  event: cart_update
  where: { amount: { at_least: 20 } }
exit:
  - { event: order_completed, where: { totl: { at_least: 1 } } }
  - { trait: plna, is: pro }
steps:
  - send: cart
  - track: cart_mailed
#: config/campaigns/mailed.yaml
topic: offers
enter: { event: cart_mailed }
exit: [{ event: cart_update }, { all: [{ event: cart_update }, { trait: plna, is: free }] }]
steps: [{ send: welcome }]
#: templates/cart.html
---
subject: "{{profile.first_nam}}, your cart"
sample: { profile: { first_nam: Ann } }
---
<p>Still there?</p>
`;

it('names that nothing has had so far are said with the nearest there is, once they can be', async () => {
  expect(await planned(CART, T0)).toBe('');
  const ann = await story.profile({ plan: 'pro', first_name: 'Ann' });
  await story.track(ann, 'cart_updated', T0, { amount: 20 });
  await story.track(ann, 'order_completed', T0, { total: 20 });
  expect(await planned(CART, T0))
    .toBe(`config/campaigns/cart.yaml:3:10: warning RK801: no event \`cart_update\` has come in so far
  |
3 |   event: cart_update
  |          ^^^^^^^^^^^
  = help: did you mean cart_updated? (also at config/campaigns/mailed.yaml:3)

config/campaigns/cart.yaml:6:40: warning RK801: no \`order_completed\` of late has a property \`totl\`
  |
6 |   - { event: order_completed, where: { totl: { at_least: 1 } } }
  |                                        ^^^^
  = help: did you mean total?

config/campaigns/cart.yaml:7:14: warning RK801: nobody has a trait \`plna\` so far
  |
7 |   - { trait: plna, is: pro }
  |              ^^^^
  = help: did you mean plan? (also at config/campaigns/mailed.yaml:3)

config/campaigns/cart.yaml:9:5: warning RK801: nobody has a trait \`first_nam\` so far
  |
9 |   - send: cart
  |     ^^^^^^^^^^
  = help: did you mean first_name?

0 errors, 4 warnings
`);
  await apply(CART);
  // What does not change was said when it was planned.
  expect(await planned(CART, T0)).toBe('');
});

it('traits of companies are looked for among companies, and names of scores too', async () => {
  const ann = await story.profile({ plan: 'pro', renewal_at: '2027-01-01' });
  await story.track(ann, 'login', T0);
  await story.db.dataSource.query(
    `insert into accounts (external_id, traits, created_at) values ('acme', '{"renewal_on": "2027-01-01"}', to_timestamp($1 / 1000.0))`,
    [T0],
  );
  expect(
    await planned(
      `#: config/scores/health.yaml
points: [{ for_each: { event: logn }, add: 1 }]
#: config/campaigns/renewal.yaml
topic: offers
enter: { date: account.renewal_at, at: 09:00 }
steps: [{ send: welcome }]
`,
      T0,
    ),
  ).toBe(`config/scores/health.yaml:1:31: warning RK801: no event \`logn\` has come in so far
  |
1 | points: [{ for_each: { event: logn }, add: 1 }]
  |                               ^^^^
  = help: did you mean login?

config/campaigns/renewal.yaml:2:24: warning RK801: no company has a trait \`renewal_at\` so far
  |
2 | enter: { date: account.renewal_at, at: 09:00 }
  |                        ^^^^^^^^^^
  = help: did you mean renewal_on?

0 errors, 2 warnings
`);
});

const steps = (second: string): string => `#: config/campaigns/hello.yaml
topic: offers
enter: { event: begun }
steps:
  - send: welcome
  - wait: 5 days
  - ${second}
`;

it('a step at which somebody stands and that is gone is named', async () => {
  await apply(steps('{ wait: 9 days, id: later }'));
  const ann = await story.profile({ plan: 'pro' });
  await story.track(ann, 'begun', T0);
  await story.advance(T0 + 6 * DAY);
  expect(await planned(steps('{ wait: 8 days, id: later }'), T0 + 6 * DAY)).toBe('');
  expect(await planned(steps('{ wait: 9 days, id: latr }'), T0 + 6 * DAY)).toBe(
    `config/campaigns/hello.yaml:3:1: warning RK802: the step \`later\` is gone, and 1 enrolment of version 1 stands at it
  |
3 | steps:
  | ^^^^^
  = help: it goes on with its version; if the step was only rewritten, keep its name by id: later (did you mean latr?)

0 errors, 1 warning
`,
  );
});

it('a moment that has passed is told of where a campaign changes, not of one that is live as it is', async () => {
  const opening = (moment: string): string => `#: config/campaigns/opening.yaml
topic: offers
enter:
  schedule: { once: ${moment} }
  who: { segment: payers }
  zone: project
steps: [{ send: welcome }]
`;
  const moment = '2026-01-06 10:00';
  expect(await planned(opening(moment), T0)).toBe('');
  const late = await planned(opening(moment), T0 + 7 * DAY);
  expect(late).toContain('warning RK803: this moment has passed, and nobody enters\n');
  await apply(opening(moment));
  expect(await planned(opening(moment), T0 + 7 * DAY)).toBe('');
  expect(await planned(opening('2026-01-07 10:00'), T0 + 7 * DAY)).toContain('RK803');
});

it('feedback that nobody has told is named: never is true of everybody then', async () => {
  const silent = `#: config/segments/silent.yaml
who: { message: any, was: clicked, never: true, within_last: 90 days }
#: config/segments/sent.yaml
who: { all: [{ message: any, was: sent }, { message: any, was: bounced }] }
`;
  expect(await planned(silent, T0)).toBe(
    `config/segments/silent.yaml:1:27: warning RK804: nobody has told Rekindle of a mail that was clicked so far
  |
1 | who: { message: any, was: clicked, never: true, within_last: 90 days }
  |                           ^^^^^^^
  = help: until that comes in \`was: clicked\` is true of nobody, with \`never\` of everybody; send your provider's events to POST /api/v1/messages/feedback

0 errors, 1 warning
`,
  );
  await apply(steps('{ wait: 9 days, id: later }'));
  const ann = await story.profile({ plan: 'pro' });
  await story.track(ann, 'begun', T0);
  await story.advance(T0);
  await story.connection.query(
    `insert into message_feedback (message_id, kind, key, occurred_at, received_at, source)
     select id, 'clicked', '', $1, $1, 'test' from messages`,
    [instantToSql(T0)],
  );
  expect(await planned(silent, T0)).toBe('');
});
