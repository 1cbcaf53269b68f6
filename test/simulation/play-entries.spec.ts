/** Campaign tests of campaigns with every way in: sequences, dates, schedules, changes of traits. */
import { checkDefinitions } from '../../src/messages/check-definitions.js';
import { playTests } from '../../src/simulation/play-tests.js';
import { fixtureSources } from '../language/fixture-files.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { workspacesOf } from './support.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

/** What failed in the tests of these files. */
async function failuresOf(files: string): Promise<unknown[]> {
  const sources = fixtureSources(`${files}#: templates/mail.html
---
subject: Your {{entry.item}}{{entry.date}}{{entry.to}}
sample: { entry: { item: lamp, date: 2026-01-01, to: pro } }
defaults: { entry.item: "", entry.date: "", entry.to: "" }
---
<p>Hello</p><p><a href="{{unsubscribe_url}}">Unsubscribe</a></p>
`);
  const { definitions, tests, diagnostics } = await checkDefinitions(sources);
  if (!definitions) throw new Error(JSON.stringify(diagnostics));
  const played = await playTests(workspacesOf(db), { definitions, files: tests });
  return played.flatMap(({ failures }) => failures);
}

test('a sequence lets in at its instant, with the data of its first event', async () => {
  const failures = await failuresOf(`#: config/campaigns/cart.yaml
topic: offers
enter:
  event: cart_updated
  not_followed_by: [cart_updated, order_completed]
  within: 4 hours
  same: cart_id
  per: cart_id
  if: { entry: total, at_least: 20 }
  if_active: refresh
steps:
  - send: mail
    id: reminder
  - wait: 20 hours
  - send: mail
    id: offer
#: config/tests/cart.test.yaml
campaign: cart
tests:
  - name: four quiet hours, two carts, one that is ordered
    profiles: { ann: { email: ann@example.com, timezone: Europe/Berlin, topics: { offers: subscribed } } }
    timeline:
      - at: 2026-01-05 09:00
        event: cart_updated
        with: { cart_id: a, total: 250, item: lamp }
      - at: 2026-01-05 11:00
        event: cart_updated
        with: { cart_id: a, total: 260, item: bulb }
      - at: 2026-01-05 12:00
        event: cart_updated
        with: { cart_id: b, total: 30, item: book }
      - at: 2026-01-05 15:00
        expect: { sends: reminder, subject: Your bulb }
      - at: 2026-01-05 15:30
        event: order_completed
        with: { cart_id: b }
      - at: 2026-01-05 15:40
        event: cart_updated
        with: { cart_id: a, total: 10, item: nail }
      - at: 2026-01-05 19:40
        expect: { not_entered: if }
      - at: 2026-01-06 10:00
        event: cart_updated
        with: { cart_id: a, total: 99, item: chair }
      - at: 2026-01-06 11:00
        expect: { sends: offer, subject: Your bulb }
      - at: 2026-01-06 14:00
        expect: { not_entered: again_never }
      - after: 30 days
        expect: { nothing: true }
`);
  expect(failures).toEqual([]);
});

test('a date lets in at its time across the change to summer time, and moves', async () => {
  const failures = await failuresOf(`#: config/campaigns/card.yaml
topic: offers
enter: { date: card.expires_on, before: 7 days, at: 09:00 }
steps:
  - send: mail
    id: seven
  - wait_until: { date: card.expires_on, before: 3 days, at: 09:00 }
  - send: mail
    id: three
#: config/tests/card.test.yaml
campaign: card
zone: America/New_York
tests:
  - name: 09:00 local
    profiles: { ann: { email: ann@example.com, first_seen: 2026-01-10, topics: { offers: subscribed }, traits: { card: { expires_on: 2026-03-12 } } } }
    timeline:
      - at: 2026-03-05 09:00
        expect: { sends: seven, subject: Your 2026-03-12 }
      - at: 2026-03-09 09:00
        expect: [{ sends: three }, { ends: completed }]
  - name: a new card ends it at once and is scheduled for its own date
    profiles: { ann: { email: ann@example.com, first_seen: 2026-01-10, topics: { offers: subscribed }, traits: { card: { expires_on: 2026-03-12 } } } }
    timeline:
      - at: 2026-03-05 09:00
        expect: { sends: seven }
      - at: 2026-03-06 12:00
        set: { card: { expires_on: 2026-05-31 } }
        expect: { ends: exited, because: date_changed }
      - at: 2026-05-24 09:00
        expect: { sends: seven }
      - at: 2026-05-28 09:00
        expect: { sends: three }
`);
  expect(failures).toEqual([]);
});

test('a schedule strikes where one lives; a change of a trait lets in', async () => {
  const failures = await failuresOf(`#: config/campaigns/story.yaml
topic: offers
enter:
  schedule: { every: month, day: first tue, at: 10:00 }
  who: { trait: plan, is: pro }
steps:
  - send: mail
    id: story
#: config/tests/story.test.yaml
campaign: story
tests:
  - name: the first Tuesday
    profiles: { ann: { email: ann@example.com, first_seen: 2026-01-01, timezone: Asia/Tokyo, topics: { offers: subscribed }, traits: { plan: pro } } }
    timeline:
      - at: 2026-01-06 10:00
        expect: { sends: story, subject: Your 2026-01-06 }
      - at: 2026-02-01 10:00
        set: { plan: free }
      - after: 30 days
        expect: { nothing: true }
#: config/campaigns/upgraded.yaml
topic: offers
enter: { trait: plan, changed: { to: pro } }
steps:
  - send: mail
    id: thanks
#: config/tests/upgraded.test.yaml
campaign: upgraded
tests:
  - name: from free to pro
    profiles: { ann: { email: ann@example.com, timezone: Asia/Tokyo, topics: { offers: subscribed }, traits: { plan: free } } }
    timeline:
      - at: 2026-01-01 09:00
        set: { plan: trial }
        expect: { nothing: true }
      - at: 2026-01-02 09:00
        set: { plan: pro }
        expect: { sends: thanks, subject: Your pro }
`);
  expect(failures).toEqual([]);
});

test('the API asks for an enrolment, and is told why it gets none; one of an account', async () => {
  const failures = await failuresOf(`#: config/campaigns/asked.yaml
topic: offers
enter:
  api: enrolment
  needs: [to]
  again: after 30 days
  one_per_account: { prefer: [{ trait: role, is: admin }], otherwise: oldest }
steps:
  - send: mail
    id: hello
  - wait: 3 days
#: config/tests/asked.test.yaml
campaign: asked
tests:
  - name: with what it needs, once in thirty days, one of the company
    accounts: { acme: { name: Acme } }
    profiles:
      ann: { email: ann@example.com, account: acme, topics: { offers: subscribed } }
      bob: { email: bob@example.com, account: acme, topics: { offers: subscribed } }
    timeline:
      - at: 2026-01-05 09:00
        profile: ann
        enrol: true
        expect: { not_entered: needs }
      - at: 2026-01-05 10:00
        profile: ann
        enrol: true
        with: { to: pro }
        expect: { sends: hello, subject: Your pro }
      - at: 2026-01-06 10:00
        profile: bob
        enrol: true
        with: { to: pro }
        expect: { not_entered: account_taken }
      - at: 2026-01-09 10:00
        profile: ann
        enrol: true
        with: { to: pro }
        expect: { not_entered: again_too_soon }
`);
  expect(failures).toEqual([]);
});
