/** A campaign test that fails says why nothing came, as `explain` knows it, in the words of the language and the test's own times. */
import { checkDefinitions } from '../../src/messages/check-definitions.js';
import { playTests } from '../../src/simulation/play-tests.js';
import { fixtureSources } from '../language/fixture-files.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { HELLO, workspacesOf } from './support.js';

jest.setTimeout(240_000);

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

/** What is said behind each failure of the only test about ann, of a campaign that is entered so. */
async function why(
  enter: string,
  timeline: string,
  more = '',
  accounts = '{ acme: {} }',
): Promise<string[][]> {
  const ann = more.includes('topics:') ? more : `${more}, topics: { offers: subscribed }`;
  const sources = fixtureSources(`${HELLO}#: config/campaigns/told.yaml
${enter}
#: config/tests/told.test.yaml
campaign: told
tests:
  - name: ann
    accounts: ${accounts}
    profiles: { ann: { email: ann@example.com, first_name: Ann, timezone: Europe/Berlin${ann} } }
    timeline:
${timeline.replace(/^/gm, '      ')}
`);
  const { definitions, tests: files, diagnostics } = await checkDefinitions(sources);
  if (!definitions) throw new Error(JSON.stringify(diagnostics));
  const told = files.filter(({ campaign }) => campaign === 'told');
  const [played] = await playTests(workspacesOf(db), { definitions, files: told });
  return played!.failures.map(({ because }) => because);
}

const STEPS = 'steps:\n  - send: welcome';
const entered = (enter: string): string => `topic: offers\nenter: ${enter}\n${STEPS}`;

test('the event did not come, and what came instead', async () => {
  expect(
    await why(
      entered('{ event: order_completed }'),
      '- { at: 2026-01-05 12:00, event: order_complete, expect: [{ enters: true }, { sends: welcome }] }',
    ),
  ).toEqual([
    [
      'ann was never asked to enter: no event order_completed came that fits',
      '  what came until then: order_complete',
    ],
    // Told once for a minute.
    [],
  ]);
});

test('a property is not what it has to be, a sequence waits, a part of `if` is not true', async () => {
  expect(
    await why(
      entered('{ event: order, where: { amount: { at_least: 50 }, plan: pro } }'),
      '- { at: 2026-01-05 12:00, event: order, with: { amount: 20, plan: pro }, expect: { sends: welcome } }',
    ),
  ).toEqual([
    [
      'ann was never asked to enter: no event order came that fits',
      '  ✗ event: order, where: { amount: { at_least: 50 }, plan: pro } — the latest at 2026-01-05 12:00',
      '    ✗ amount: { at_least: 50 } — it is 20',
    ],
  ]);
  expect(
    await why(
      entered('{ event: signed_up, not_followed_by: login, within: 24 hours }'),
      '- { at: 2026-01-05 12:00, event: signed_up }\n- { at: 2026-01-06 11:00, expect: { sends: welcome } }',
    ),
  ).toEqual([
    [
      'ann may enter: what lets it in has begun, and is decided at 2026-01-06 12:00',
      expect.stringMatching(
        /signed_up.*nothing of it came since; true by itself at 2026-01-06 12:00$/,
      ),
    ],
  ]);
  expect(
    await why(
      entered(
        '{ event: signed_up, if: { all: [{ trait: plan, is: pro }, { event: login, count: { at_least: 2 } }] } }',
      ),
      '- { at: 2026-01-05 11:00, event: login }\n- { at: 2026-01-05 12:00, event: signed_up, expect: { enters: true } }',
      ', traits: { plan: pro }',
    ),
  ).toEqual([
    [
      'ann did not enter at 2026-01-05 12:00: `if` is not true',
      '  ✗ event: login, count: { at_least: 2 } — 1 of it, the last at 2026-01-05 11:00',
    ],
  ]);
});

test('the segment: its part that is not true, with its value; a life that is too short for it', async () => {
  expect(
    await why(
      entered(
        '{ who: { all: [{ trait: plan, in: [pro, team] }, { event: login, within_last: 7 days }] } }',
      ),
      '- { at: 2026-01-05 12:00, event: login, expect: { enters: true } }',
      ', traits: { plan: free }',
    ),
  ).toEqual([
    [
      'ann was never asked to enter: it is not in the segment told/who',
      '  ✗ trait: plan, in: [ pro, team ] — it is "free"',
    ],
  ]);
  expect(
    await why(
      entered('{ who: { event: login, count: { less_than: 2 }, within_first: 10 days } }'),
      '- { at: 2026-01-05 12:00, event: login }\n- { at: 2026-01-12 12:00, expect: { enters: true } }',
    ),
  ).toEqual([
    [
      'ann was never asked to enter: it is not in the segment told/who',
      expect.stringMatching(
        /\? event: login, within_first: 10 days, count: .* — 1 of it, the last at 2026-01-05 12:00; may change at 2026-01-15 12:00$/,
      ),
      '  its life begins at 2026-01-05 12:00, by first_seen or the first entry',
    ],
  ]);
});

test('what was there before life began', async () => {
  expect(
    await why(
      entered('{ event: signed_up }'),
      '- { at: 2026-01-05 12:00, event: signed_up, expect: { enters: true } }',
      ', first_seen: 2026-02-01',
    ),
  ).toEqual([
    ['ann is not there yet: its life begins at 2026-02-01 00:00, say an earlier first_seen'],
  ]);
});

test('needs, again, what bars, a date, a change, a request, a strike, a draft', async () => {
  expect(
    await why(
      `topic: offers\nenter: { event: order, needs: [amount] }\nexit: [{ trait: plan, is: free }]\n${STEPS}`,
      '- { at: 2026-01-05 12:00, event: order, expect: { enters: true } }\n- { at: 2026-01-05 13:00, event: order, with: { amount: 1 }, expect: { enters: true } }',
      ', traits: { plan: free }',
    ),
  ).toEqual([
    [
      'ann did not enter at 2026-01-05 12:00: data that the campaign needs are missing: missing amount',
    ],
    [
      'ann did not enter at 2026-01-05 13:00: what ends it was there already: exit trait plan',
      '  ✓ trait: plan, is: free — it is "free"',
    ],
  ]);
  expect(
    await why(
      entered('{ event: order, again: after 3 days }'),
      '- { at: 2026-01-05 12:00, event: order, expect: { sends: welcome } }\n- { at: 2026-01-06 12:00, event: order, expect: { enters: true } }',
    ),
  ).toEqual([
    [
      'ann was in it from 2026-01-05 12:00 to 2026-01-05 12:00: it went through all steps; did not enter again at 2026-01-06 12:00: it was in it before, and `again` is not over: free at 2026-01-08 12:00, entered at 2026-01-05 12:00',
    ],
  ]);
  expect(
    await why(
      entered('{ date: ends_on, before: 3 days, at: 09:00 }'),
      '- { at: 2026-01-05 12:00, event: login, expect: { enters: true } }',
      ', traits: { ends_on: 2026-01-20 }',
    ),
  ).toEqual([
    [
      expect.stringMatching(/^ann (may enter|was never asked)/),
      '  ✓ date: ends_on, before: 3 days, at: 09:00 — it is "2026-01-20"; lets in at 2026-01-17 09:00',
    ],
  ]);
  expect(
    await why(
      entered('{ trait: queue, changed: { from: { more_than: 0 }, to: 0 } }'),
      '- { at: 2026-01-05 12:00, set: { queue: 0 }, expect: { enters: true } }',
    ),
  ).toEqual([
    [
      'ann was never asked to enter: queue did not change in a way that lets in',
      expect.stringMatching(
        /[✗?] trait: queue, changed: .* — the latest change at 2026-01-05 12:00, from missing to 0$/,
      ),
    ],
  ]);
  expect(
    await why(
      entered('{ api: enrolment }'),
      '- { at: 2026-01-05 12:00, event: login, expect: { enters: true } }',
    ),
  ).toEqual([['ann was never asked to enter: nobody asked for an enrolment']]);
  expect(
    await why(
      entered('{ schedule: { every: month, day: 15, at: 10:00 }, who: { trait: plan, is: pro } }'),
      '- { at: 2026-01-14 10:00, event: login }\n- { at: 2026-01-15 10:00, expect: { enters: true } }',
    ),
  ).toEqual([
    [
      'ann was never asked to enter: it did not match who: when its schedule struck at 2026-01-15 10:00',
      expect.stringContaining('it strikes next at 2026-02-15 10:00'),
      expect.stringContaining('as it was at the strike of 2026-01-15 10:00'),
      expect.stringMatching(/\? trait: plan, is: pro — it is missing/),
    ],
  ]);
});

test('a mail that does not come: still waiting, outside its window, a full cap, no consent, an arm that was not taken, its if', async () => {
  const campaign = (more: string, steps: string): string =>
    `topic: offers\nenter: { event: begun, again: always }\n${more}steps:\n${steps}`;
  const begun = (at: string, rest: string): string =>
    `- { at: ${at}, event: begun, expect: ${rest} }`;
  expect(
    await why(
      campaign('', '  - wait: 2 days\n    at: 10:00\n  - send: welcome'),
      `${begun('2026-01-05 12:00', '{ sends: welcome }')}\n- { at: 2026-01-07 10:00, expect: { sends: welcome } }`,
    ),
  ).toEqual([[]]);
  expect(
    await why(
      campaign('', '  - wait: 2 days\n    at: 10:00\n  - send: welcome'),
      begun('2026-01-05 12:00', '{ sends: welcome }'),
    ),
  ).toEqual([
    ['ann is in it since 2026-01-05 12:00, at wait:welcome, and goes on at 2026-01-07 10:00'],
  ]);
  expect(
    await why(
      campaign('send_window: { from: 14:00, until: 16:00 }\n', '  - send: welcome'),
      begun('2026-01-05 12:00', '{ sends: welcome }'),
    ),
  ).toEqual([
    [
      expect.stringMatching(
        /^ann is in it since 2026-01-05 12:00, held at welcome until 2026-01-05 14:00: its send window is closed \(mon 12:00, mon-sun 14:00-16:00 in Europe\/Berlin, campaign\)$/,
      ),
    ],
  ]);
  expect(
    await why(
      campaign('caps: [{ at_most: 1, within: 7 days }]\n', '  - send: welcome'),
      `${begun('2026-01-05 12:00', '{ sends: welcome }')}\n${begun('2026-01-06 12:00', '{ sends: welcome }')}`,
    ),
  ).toEqual([
    [
      expect.stringMatching(/^ann was in it from 2026-01-06 12:00/),
      '  welcome at 2026-01-06 12:00: not sent (a cap is full): 1 of at most 1 within 7 days, campaign, free at 2026-01-12 12:00',
    ],
  ]);
  expect(
    await why(
      campaign('', '  - send: welcome'),
      begun('2026-01-05 12:00', '{ sends: welcome }'),
      ', topics: { offers: unsubscribed }',
    ),
  ).toEqual([
    [
      expect.stringMatching(/^ann was in it from 2026-01-05 12:00/),
      expect.stringMatching(
        /welcome at 2026-01-05 12:00: not sent \(it is not subscribed\): topic offers/,
      ),
    ],
  ]);
  expect(
    await why(
      campaign(
        '',
        '  - branch:\n      - if: { trait: plan, is: pro }\n        then:\n          - send: welcome\n      - else:\n          - { send: welcome, id: other }\n  - send: welcome\n    id: last\n    if: { trait: plan, is: pro }',
      ),
      begun('2026-01-05 12:00', '[{ sends: other }, { sends: welcome }]').concat(
        '\n- { at: 2026-01-05 13:00, expect: { sends: last } }',
      ),
      ', traits: { plan: free }',
    ),
  ).toEqual([
    [
      expect.stringMatching(/^ann was in it from/),
      expect.stringMatching(/^ {2}branch:\S+ at 2026-01-05 12:00: took else$/),
    ],
    [
      expect.stringMatching(/^ann was in it from/),
      '  last: if is not true',
      '  ✗ trait: plan, is: pro — it is "free"',
    ],
  ]);
});

test('what ended it, what a wait came to, what the goal and the wait ask and what came', async () => {
  const of = (more: string, steps: string): string =>
    `topic: offers\nenter: { event: begun, again: always }\n${more}steps:\n${steps}`;
  const begun = '- { at: 2026-01-05 12:00, event: begun }\n';
  const later = '- { at: 2026-01-07 12:00, expect: { sends: welcome } }';
  const free = '- { at: 2026-01-06 12:00, set: { plan: free } }\n';
  const left = ['  ✗ trait: plan, is: pro — it is "free"'];
  const wait = '  - wait: 2 days\n  - send: welcome';
  const pro = ', traits: { plan: pro }';
  expect(
    await why(of('while: { trait: plan, is: pro }\n', wait), begun + free + later, pro),
  ).toEqual([[expect.stringContaining('`while` was not true any more'), ...left]]);
  const joined = `- { at: 2026-01-05 12:00, set: { plan: pro } }\n${free}${later}`;
  expect(
    await why(`topic: offers\nenter: { who: { trait: plan, is: pro } }\nsteps:\n${wait}`, joined),
  ).toEqual([[expect.stringContaining('it left the segment'), ...left]]);
  const login = '- { at: 2026-01-06 12:00, event: login, with: { plan: free } }\n';
  const waitFor =
    '  - wait_for: { event: login, where: { plan: pro } }\n    at_most: 2 days\n    then: [{ send: welcome }]';
  expect(await why(of('', waitFor), begun + login + later)).toEqual([
    [
      expect.stringContaining('it went through all steps'),
      expect.stringMatching(/^ {2}wait:\S+ at 2026-01-07 12:00: it did not come in time$/),
      '  wait_for: event: login, where: { plan: pro }',
      '  the latest login at 2026-01-06 12:00 has {"plan":"free"}',
    ],
  ]);
  expect(
    await why(
      of('goal: { event: order, where: { amount: { at_least: 10 } }, within: 7 days }\n', wait),
      `${begun}- { at: 2026-01-06 12:00, event: order, with: { amount: 5 }, expect: { ends: converted } }\n${later}`,
    ),
  ).toEqual([
    [
      expect.stringContaining('is in it since'),
      '  goal: event: order, where: { amount: { at_least: 10 } }, within: 7 days',
      '  the latest order at 2026-01-06 12:00 has {"amount":5}',
    ],
  ]);
  const until = '  - wait_until: { date: ends_on, at: 09:00 }\n  - send: welcome';
  expect(await why(of('', until), `${begun}${later}`, ', traits: { ends_on: 2026-01-02 }')).toEqual(
    [
      [
        expect.stringContaining('it went through all steps'),
        expect.stringContaining(
          'not sent (the wait before it came to nothing): its time had passed',
        ),
        expect.stringMatching(/^ {2}wait:welcome at 2026-01-05 12:00: the date had passed$/),
      ],
    ],
  );
});

test('what a company has is that of the minute in question, not of the end of the story', async () => {
  expect(
    await why(
      entered('{ event: order, if: { account: { trait: plan, is: pro } } }'),
      `- { at: 2026-03-11 12:00, event: order, expect: { enters: true } }
- { at: 2026-03-12 12:00, set_account: { plan: pro } }`,
      ', account: acme',
      '{ acme: { plan: free } }',
    ),
  ).toEqual([
    [
      'ann did not enter at 2026-03-11 12:00: `if` is not true',
      '  ✗ account: { trait: plan, is: pro } — it is "free"',
    ],
  ]);
  const renewed = '{ date: account.renewal_at, before: 30 days, at: 12:00, zone: project }';
  expect(
    await why(
      entered(renewed),
      `- { at: 2026-03-11 12:00, expect: { enters: true } }
- { at: 2026-03-12 12:00, set_account: { renewal_at: 2026-04-20 } }`,
      ', account: acme',
    ),
  ).toEqual([
    [
      'ann was never asked to enter: account.renewal_at names no date that is still to come',
      '  ✗ date: account.renewal_at, before: 30 days, at: 12:00 — it is missing',
    ],
  ]);
});

test('a date of the company at the first instant of a life, which lets nobody in', async () => {
  const enter = '{ date: account.renews_on, before: 3 days, at: 12:00 }';
  const ask = (more: string) =>
    why(
      entered(enter),
      '- { at: 2026-03-11 12:00, expect: [{ enters: true }, { sends: welcome }] }',
      `, account: acme${more}`,
      '{ acme: { renews_on: 2026-03-14 } }',
    );
  const [said] = await ask('');
  expect(said?.at(-1)).toBe(
    '  its life begins at 2026-03-11 12:00, and a date lets in only who was there before it: say an earlier first_seen',
  );
  expect(await ask(', first_seen: 2026-03-01')).toEqual([]);
});
