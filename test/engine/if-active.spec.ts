/** `if_active`: the same key enters while under way, and nothing happens, its data are replaced, or it begins anew. */
import type { Entry, Step } from '../../src/language/definitions.js';
import { campaign, DAY, eventEntry, onEvent, Scenario, send, wait } from './scenario.js';
import { T0 } from './story-parts.js';

let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
});
afterEach(() => story.close());

const steps = [send('a'), wait('w', 3), send('b')];
const entry = (ifActive: Entry['ifActive'], rest: Partial<Entry> = {}): Entry =>
  eventEntry('failed', { per: ['invoice'], ifActive, ...rest });

async function entries(): Promise<unknown[]> {
  const { rows } = await story.connection.query<{ entry: unknown }>(
    'select entry from enrolments order by id',
  );
  return rows.map((row) => row.entry);
}

it('restart ends what is under way and begins anew, whatever again says, this key alone', async () => {
  await story.apply({ campaigns: [campaign('c', entry('restart'), steps)] });
  const ann = await story.profile();
  await story.track(ann, 'failed', T0, { invoice: 1 });
  await story.track(ann, 'failed', T0, { invoice: 2 });
  await story.track(ann, 'failed', T0 + DAY, { invoice: 1, attempt: 2 });
  await story.advance(T0 + 10 * DAY);
  expect(await story.enrolments()).toEqual([
    'c@2026-01-05 12:00 exited restarted@2026-01-06 12:00',
    'c@2026-01-05 12:00 completed@2026-01-08 12:00',
    'c@2026-01-06 12:00 completed@2026-01-09 12:00',
  ]);
  expect(await story.messages()).toEqual([
    'a@2026-01-05 12:00',
    'a@2026-01-05 12:00',
    'a@2026-01-06 12:00',
    'b@2026-01-08 12:00',
    'b@2026-01-09 12:00',
  ]);
  expect(await story.refusals()).toEqual([]);
});

it('refresh replaces the data and keeps the place; what is over is not under way', async () => {
  await story.apply({ campaigns: [campaign('c', entry('refresh'), steps)] });
  const ann = await story.profile();
  await story.track(ann, 'failed', T0, { invoice: 1, total: 5 });
  await story.track(ann, 'failed', T0 + DAY, { invoice: 1, total: 7 });
  await story.track(ann, 'failed', T0 + 5 * DAY, { invoice: 1, total: 9 });
  await story.advance(T0 + 10 * DAY);
  expect(await story.enrolments()).toEqual(['c@2026-01-05 12:00 completed@2026-01-08 12:00']);
  expect(await entries()).toEqual([{ invoice: 1, total: 7 }]);
  expect(await story.refusals()).toEqual(['c@2026-01-10 12:00 again_never']);
});

it('refresh moves a wait for a date of the entry, and a wait_for looks at the new data', async () => {
  const until: Step = {
    id: 'w',
    if: null,
    kind: 'wait_until',
    until: { kind: 'date', from: 'entry', path: ['due'], shift: null, at: { hour: 9, minute: 0 } },
    ifPast: 'skip',
    ifMissing: 'continue',
  };
  const paid: Step = {
    id: 'p',
    if: null,
    kind: 'wait_for',
    rule: {
      kind: 'state',
      label: 'entry paid',
      condition: {
        kind: 'entry',
        path: ['paid'],
        tests: [{ op: 'is', value: true, negated: false }],
      },
    },
    atMostMs: 9 * DAY,
    then: [send('thanks')],
    else: [send('sorry')],
  };
  await story.apply({ campaigns: [campaign('c', entry('refresh'), [until, send('a'), paid])] });
  const ann = await story.profile();
  await story.track(ann, 'failed', T0, { invoice: 1, due: '2026-01-07' });
  await story.track(ann, 'failed', T0 + DAY, { invoice: 1, due: '2026-01-08' });
  await story.track(ann, 'failed', T0 + 6 * DAY, { invoice: 1, paid: true });
  await story.advance(T0 + 30 * DAY);
  expect(await story.messages()).toEqual(['a@2026-01-08 09:00', 'thanks@2026-01-11 12:00']);
});

it('refresh asks exits with the new data before the step of that instant; if still keeps out', async () => {
  const small = (less: number) => ({
    kind: 'entry' as const,
    path: ['total'],
    tests: [{ op: 'less_than' as const, value: less, negated: false }],
  });
  const atLeast = { op: 'at_least' as const, value: 10, negated: false };
  const enter = entry('refresh', { if: { kind: 'entry', path: ['total'], tests: [atLeast] } });
  await story.apply({
    campaigns: [
      campaign('c', enter, steps, {
        exit: [{ kind: 'state', condition: small(20), label: 'entry total' }],
      }),
    ],
  });
  const [ended, kept] = [await story.profile(), await story.profile()];
  for (const id of [ended, kept]) await story.track(id, 'failed', T0, { invoice: 1, total: 30 });
  await story.track(ended, 'failed', T0 + 3 * DAY, { invoice: 1, total: 15 });
  await story.track(kept, 'failed', T0 + DAY, { invoice: 1, total: 5 });
  await story.advance(T0 + 10 * DAY);
  expect(await story.messages(ended)).toEqual(['a@2026-01-05 12:00']);
  expect(await story.enrolments(ended)).toEqual([
    'c@2026-01-05 12:00 exited entry total@2026-01-08 12:00',
  ]);
  expect(await story.messages(kept)).toEqual(['a@2026-01-05 12:00', 'b@2026-01-08 12:00']);
  expect(await story.refusals()).toEqual(['c@2026-01-06 12:00 if']);
});

it('refresh does not give the goal more time, and is nothing after an exit of the same value', async () => {
  const goal = {
    match: onEvent('paid'),
    same: ['invoice'],
    withinMs: 2 * DAY,
    value: null,
    ends: true,
  };
  await story.apply({ campaigns: [campaign('c', entry('refresh'), steps, { goal })] });
  const ann = await story.profile();
  await story.track(ann, 'failed', T0, { invoice: 1 });
  await story.track(ann, 'failed', T0 + DAY, { invoice: 1, attempt: 2 });
  await story.track(ann, 'paid', T0 + 2.5 * DAY, { invoice: 1 });
  await story.advance(T0 + 10 * DAY);
  expect(await story.enrolments()).toEqual(['c@2026-01-05 12:00 completed@2026-01-08 12:00']);
});
