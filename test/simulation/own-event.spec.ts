/** The event that lets in has happened when its entry is judged: what conditions, exits and goals about it come to (RK432, RK436). */
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

/** Two orders, an hour apart; what is expected after each. */
const played = async (rules: string, first: string, second: string): Promise<unknown> => {
  const { definitions, tests, diagnostics } = await checkDefinitions(
    fixtureSources(`#: config/campaigns/ordered.yaml
topic: offers
${rules}
steps: [{ wait: 9 days }, { send: welcome }]
#: config/segments/never-bought.yaml
who: { event: order, never: true }
#: config/segments/bought.yaml
who: { any: [{ trait: plan, is: pro }, { event: order, count: { more_than: 0 } }] }
#: config/tests/ordered.test.yaml
campaign: ordered
tests:
  - name: two orders
    profiles: { ann: { email: ann@example.com, first_seen: 2025-12-01 10:00 } }
    timeline:
      - { at: 2026-01-06 10:00, event: order, with: { id: a }, expect: ${first} }
      - { at: 2026-01-06 11:00, event: order, with: { id: a }, expect: ${second} }
`),
  );
  if (!definitions) throw new Error(JSON.stringify(diagnostics));
  const [told] = await playTests(workspacesOf(db), { definitions, files: tests });
  return { failures: told!.failures, codes: diagnostics.map(({ code }) => code) };
};

const CASES: [what: string, rules: string, first: string, second: string, codes: string[]][] = [
  [
    'never',
    'enter: { event: order, if: { event: order, never: true } }',
    '{ not_entered: if }',
    '{ not_entered: if }',
    ['RK436'],
  ],
  [
    'quiet',
    'enter: { event: order, if: { event: order, quiet_for: 30 days } }',
    '{ not_entered: if }',
    '{ not_entered: if }',
    ['RK436'],
  ],
  [
    'the first',
    'enter: { event: order, if: { event: order, count: { is: 1 } } }',
    '{ enters: true }',
    '{ not_entered: already_active }',
    [],
  ],
  [
    'segment',
    'enter: { event: order, if: { segment: never-bought } }',
    '{ not_entered: if }',
    '{ not_entered: if }',
    ['RK436'],
  ],
  [
    'while',
    'enter: { event: order }\nwhile: { event: order, never: true }',
    '{ not_entered: barred_by_exit }',
    '{ not_entered: barred_by_exit }',
    ['RK436'],
  ],
  [
    'exit window',
    'enter: { event: order }\nexit: [{ event: order, within_last: 30 days }]',
    '{ not_entered: barred_by_exit }',
    '{ not_entered: barred_by_exit }',
    ['RK432'],
  ],
  [
    'exit segment',
    'enter: { event: order }\nexit: [{ segment: bought }]',
    '{ not_entered: barred_by_exit }',
    '{ not_entered: barred_by_exit }',
    ['RK432'],
  ],
  [
    'exit count',
    'enter: { event: order }\nexit: [{ event: order, count: { at_least: 1 } }]',
    '{ enters: true }',
    '{ ends: exited, because: event order }',
    [],
  ],
  [
    'exit',
    'enter: { event: order }\nexit: [{ event: order }]',
    '{ enters: true }',
    '{ ends: exited, because: event order }',
    [],
  ],
  [
    'exit same',
    'enter: { event: order, per: id }\nexit: [{ event: order, same: id }]',
    '{ enters: true }',
    '{ ends: exited, because: event order }',
    [],
  ],
  [
    'goal',
    'enter: { event: order }\ngoal: { event: order, ends: true }',
    '{ enters: true }',
    '{ ends: converted }',
    [],
  ],
];

it.each(CASES)('%s', async (_what, rules, first, second, codes) => {
  expect(await played(rules, first, second)).toEqual({ failures: [], codes });
});
