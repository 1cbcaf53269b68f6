/** `rekindle test` of campaigns whose steps act and say something: the story is that of the real engine. */
import { checkDefinitions } from '../../src/messages/check-definitions.js';
import { playTests } from '../../src/simulation/play-tests.js';
import { fixtureSources } from '../language/fixture-files.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { HELLO, workspacesOf } from './support.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

test('steps that act: what they state and track counts in the story, and an enrolment is asked of a campaign that is there', async () => {
  const sources = fixtureSources(`${HELLO}#: config/segments/loyal.yaml
who: { trait: stage, is: loyal }
#: config/campaigns/acts.yaml
topic: offers
enter: { event: signed_up }
steps:
  - set: { stage: loyal, wanted: { value_of: entry.feature } }
  - subscribe: offers
  - wait: 1 day
  - send: welcome
    if: { all: [{ segment: loyal }, { trait: wanted, is: export }, { event: told, since: entry }] }
  - unset: wanted
  - wait: 1 day
  - send: welcome
    id: again
    if: { trait: wanted, exists: true }
  - enrol: hello
  - unsubscribe: all
  - send: welcome
    id: last
#: config/campaigns/told.yaml
topic: offers
enter: { segment: loyal }
steps: [{ track: told }]
#: config/tests/acts.test.yaml
campaign: acts
tests:
  - name: acts
    profiles:
      ann: { email: ann@example.com, first_name: Ann, topics: { offers: subscribed }, traits: { stage: new } }
    timeline:
      - { at: 2026-01-05 12:00, event: signed_up, with: { feature: export } }
      - { at: 2026-01-05 18:00, event: told }
      - { at: 2026-01-05 20:00, set: { stage: gone } }
      - { at: 2026-01-05 22:00, set: { stage: loyal } }
      - { at: 2026-01-06 12:00, expect: { sends: welcome } }
      - { at: 2026-01-07 12:00, expect: [{ skips: again, because: if }, { skips: last, because: unsubscribed }, { ends: completed }] }
  - name: another one, in the emptied workspace
    profiles:
      ann: { email: ann@example.com, first_name: Ann, topics: { offers: subscribed } }
    timeline:
      - { at: 2026-01-05 12:00, event: signed_up }
      - { at: 2026-01-06 12:00, expect: { skips: welcome, because: if } }
      - { at: 2026-01-07 12:00, expect: { ends: completed } }
`);
  const { definitions, tests: files, diagnostics } = await checkDefinitions(sources);
  expect(diagnostics).toEqual([]);
  const played = await playTests(workspacesOf(db), { definitions: definitions!, files });
  expect(played).toMatchObject([{ failures: [] }, { failures: [] }]);
});

test('what a step says to its template is in the mail; without anything to say there is none', async () => {
  const sources = fixtureSources(`${HELLO}#: config/campaigns/cart.yaml
topic: offers
enter: { event: cart_updated, again: always }
steps:
  - send: cart
    with:
      name: { value_of: entry.items.0 }
      items: { value_of: entry.items }
      spent: { measure: { event: order_completed, show: sum, of: amount, within_last: 30 days } }
      offer:
        choose:
          - { if: { entry: total, at_least: 200 }, use: 15% }
          - { if: { event: order_completed, count: { at_least: 2 } }, use: 5% }
#: templates/cart.html
---
subject: "{{with.offer}} off {{with.name}}"
sample: { with: { offer: 5%, name: hat, items: [hat], spent: 3 } }
---
<p>{{#each with.items as |item|}}<b>{{item}}</b>{{/each}} You spent {{with.spent}}.</p><p><a href="{{unsubscribe_url}}">Unsubscribe</a></p>
#: config/tests/cart.test.yaml
campaign: cart
tests:
  - name: offers
    profiles: { ann: { email: ann@example.com, topics: { offers: subscribed } } }
    timeline:
      - { at: 2026-01-05 12:00, event: cart_updated, with: { total: 250, items: [hat, coat] }, expect: { sends: cart, subject: 15% off hat, contains: [<b>hat</b><b>coat</b>, You spent 0.] } }
      - { at: 2026-01-06 12:00, event: cart_updated, with: { total: 20, items: [hat] }, expect: { skips: cart, because: nothing_to_say } }
      - { at: 2026-01-06 13:00, event: order_completed, with: { amount: 12.5 }, repeat: 2 }
      - { at: 2026-01-07 12:00, event: cart_updated, with: { total: 20, items: [hat] }, expect: { sends: cart, subject: 5% off hat, contains: You spent 25. } }
      - { at: 2026-03-07 12:00, event: cart_updated, with: { total: 20, items: [hat] }, expect: { sends: cart, contains: You spent 0. } }
`);
  const { definitions, tests: files, diagnostics } = await checkDefinitions(sources);
  expect(diagnostics).toEqual([]);
  const played = await playTests(workspacesOf(db), { definitions: definitions!, files });
  expect(played).toMatchObject([{ failures: [] }]);
});

test('calls are recorded and expected: endpoint, what they say, and none that nobody expects', async () => {
  const sources = fixtureSources(`#: config/rekindle.yaml
project: Acme
zone: Europe/Berlin
senders:
  marketing: { name: Acme, email: hello@news.acme.com }
postal_address: Acme GmbH, Torstrasse 1, 10119 Berlin
topics:
  offers: { name: Offers }
endpoints:
  crm: { url: https://crm.acme.com/in, secret: env:CRM_SECRET }
#: config/campaigns/calls.yaml
topic: offers
enter: { event: cancelled }
exit: [{ event: login }]
steps:
  - webhook: crm
    with: { reason: { value_of: entry.reason }, tags: { value_of: entry.tags } }
  - wait: 1 day
  - webhook: crm
    id: again
#: config/tests/calls.test.yaml
campaign: calls
tests:
  - name: as it is
    profiles: { ann: { email: ann@example.com } }
    timeline:
      - { at: 2026-01-05 12:00, event: cancelled, with: { reason: price, tags: [a, b] }, expect: { calls: crm, with: { tags: [a, b] } } }
      - { after: 1 day, expect: [{ calls: crm }, { ends: completed }] }
  - name: left before, and held out
    profiles: { ann: { email: ann@example.com }, bob: { email: bob@example.com, held_out: true } }
    timeline:
      - { at: 2026-01-05 12:00, profile: ann, event: cancelled, expect: { calls: crm } }
      - { at: 2026-01-05 12:00, profile: bob, event: cancelled, expect: { skips: "webhook:crm", because: held_out } }
      - { at: 2026-01-05 13:00, profile: ann, event: login, expect: { ends: exited } }
      - { at: 2026-01-06 12:00, profile: bob, expect: { skips: again } }
  - name: not as it is
    profiles: { ann: { email: ann@example.com } }
    timeline:
      - { at: 2026-01-05 12:00, event: cancelled, with: { reason: price }, expect: { calls: crm, with: { reason: product, plan: pro } } }
      - { after: 1 day, expect: { ends: completed } }
  - name: nothing
    profiles: { ann: { email: ann@example.com } }
    timeline:
      - { at: 2026-01-05 12:00, event: cancelled, expect: { nothing: true } }
      - { at: 2026-01-05 13:00, event: login, expect: { calls: crm } }
`);
  const { definitions, tests: files, diagnostics } = await checkDefinitions(sources);
  expect(diagnostics).toEqual([]);
  const played = await playTests(workspacesOf(db), { definitions: definitions!, files });
  const failures = played.map((one) => one.failures.map(({ message }) => message));
  expect(failures).toEqual([
    [],
    [],
    [
      'reason of the call of crm is "price", not "product"',
      'plan of the call of crm is missing, not "pro"',
      'crm was called for ann by again at 2026-01-06 12:00, which no entry expects',
    ],
    [
      'nothing was expected, but ann entered at 2026-01-05 12:00',
      'a call of crm was expected at 2026-01-05 13:00; it happened at 2026-01-05 12:00',
    ],
  ]);
});
