/** Waiting for a date of the profile on real Postgres: it moves with its trait and its zone, as of each instant. */
import type { DateOffset, Step } from '../../src/language/definitions.js';
import { at, campaign, DAY, eventEntry, Scenario, send, wait } from './scenario.js';
import { T0 } from './story-parts.js';

let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
});
afterEach(() => story.close());

const until = (rest: Partial<DateOffset> = {}, more: object = {}): Step => ({
  id: 'w',
  if: null,
  kind: 'wait_until',
  until: {
    kind: 'date',
    from: 'trait',
    path: ['trial', 'ends_on'],
    shift: { count: 3, unit: 'day', direction: 'before' },
    at: { hour: 9, minute: 0 },
    ...rest,
  },
  ifPast: 'skip',
  ifMissing: 'skip',
  ...more,
});
const trial = (day: string) => ({ ends_on: day });

async function begin(steps: Step[], traits: Record<string, unknown>): Promise<number> {
  await story.apply({ campaigns: [campaign('c', eventEntry('begun'), steps)] });
  const ann = await story.profile(traits);
  await story.track(ann, 'begun', T0);
  return ann;
}

/** Of the mails that were passed by. */
async function unresolvedBecause(): Promise<unknown[]> {
  const { rows } = await story.connection.query(
    `select detail ->> 'because' as because from messages where reason = 'unresolved_wait' order by id`,
  );
  return rows.map(({ because }) => because);
}

it('is over three days before the date, at nine in the zone of the profile', async () => {
  const traits = { trial: trial('2026-01-20'), timezone: 'America/New_York' };
  const ann = await begin([until(), send('a')], traits);
  await story.advance(T0 + 30 * DAY);
  expect(await story.messages(ann)).toEqual(['a@2026-01-17 14:00']);
});

it('moves when the trait changes, later and earlier, and when the zone does', async () => {
  const ann = await begin([until(), send('a')], { trial: trial('2026-01-20') });
  await story.setTrait(ann, 'trial', trial('2026-02-20'), T0 + DAY);
  await story.setTrait(ann, 'trial', trial('2026-01-15'), T0 + 2 * DAY);
  await story.setTrait(ann, 'timezone', 'Europe/Berlin', T0 + 3 * DAY);
  await story.advance(T0 + 60 * DAY);
  expect(await story.messages(ann)).toEqual(['a@2026-01-12 08:00']);
});

it('a date that moved into the past, or went, is settled at that moment', async () => {
  const steps = [until(), send('a'), wait('then', 1), send('b')];
  const ann = await begin(steps, { trial: trial('2026-01-20') });
  await story.setTrait(ann, 'trial', {}, T0 + DAY);
  await story.advance(T0 + 60 * DAY);
  expect(await story.messages(ann)).toEqual([
    'a@2026-01-06 12:00 skipped:unresolved_wait',
    'b@2026-01-07 12:00',
  ]);
  expect(await unresolvedBecause()).toEqual(['date_missing']);
  const { rows } = await story.connection.query(
    'select step, outcome from enrolment_steps order by settled_at, ctid',
  );
  expect(rows).toEqual([
    { step: 'w', outcome: 'unresolved:missing' },
    { step: 'a', outcome: 'skipped:unresolved_wait' },
    { step: 'then', outcome: 'waited' },
    { step: 'b', outcome: 'sent' },
  ]);
});

it('a date that has passed is told apart from one that is missing, with the mail that does not go', async () => {
  const ann = await begin([until(), send('a')], { trial: trial('2025-12-20') });
  await story.advance(T0);
  expect(await story.messages(ann)).toEqual([expect.stringContaining('skipped:unresolved_wait')]);
  expect(await unresolvedBecause()).toEqual(['date_past']);
});

it('the change of the very instant at which it would be over comes first', async () => {
  const ann = await begin([until(), send('a')], { trial: trial('2026-01-20') });
  await story.setTrait(ann, 'trial', trial('2026-01-25'), at('2026-01-17 09:00'));
  await story.advance(T0 + 60 * DAY);
  expect(await story.messages(ann)).toEqual(['a@2026-01-22 09:00']);
});

it('an engine that comes late judges by what was known then', async () => {
  const ann = await begin([until(), send('a')], { trial: trial('2026-01-20') });
  await story.advance(T0);
  // Both are in the tables when it wakes: the mail was due before the date moved.
  await story.setTrait(ann, 'trial', trial('2026-03-20'), at('2026-01-18 09:00'));
  await story.advance(T0 + 90 * DAY);
  expect(await story.messages(ann)).toEqual(['a@2026-01-17 09:00']);
});

it('reads the data of the entry, and hears of an import', async () => {
  const step = until({ from: 'entry', path: ['due'], shift: null });
  await story.apply({ campaigns: [campaign('c', eventEntry('begun'), [step, send('a')])] });
  const ann = await story.profile();
  await story.track(ann, 'begun', T0, { due: '2026-01-08T23:30:00+01:00' });
  await story.track(ann, 'other', T0 + DAY, {}, { kind: 'import' });
  await story.advance(T0 + 30 * DAY);
  expect(await story.messages(ann)).toEqual(['a@2026-01-08 09:00']);
});
