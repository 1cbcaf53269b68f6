/** wait_for on real Postgres: what it hears of, from when on, and in which order at one instant. */
import type { Condition, ExitRule, Step } from '../../src/language/definitions.js';
import { campaign, DAY, eventEntry, onEvent, Scenario, segment, send, wait } from './scenario.js';
import { isPro, T0 } from './story-parts.js';

const HOUR = DAY / 24;
const event = (
  names: string[],
  o: Partial<Extract<ExitRule, { kind: 'event' }>> = {},
): ExitRule => ({
  kind: 'event',
  match: onEvent(...names),
  same: null,
  label: `event ${names.join(' or ')}`,
  ...o,
});
const state = (condition: Condition): ExitRule => ({ kind: 'state', condition, label: 'state' });
const waitFor = (rule: ExitRule, o: { id?: string; days?: number } = {}): Step => ({
  id: o.id ?? 'w',
  if: null,
  kind: 'wait_for',
  rule,
  atMostMs: (o.days ?? 4) * DAY,
  then: [send(`${o.id ?? 'w'}-then`)],
  else: [send(`${o.id ?? 'w'}-else`)],
});

let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
});
afterEach(() => story.close());

async function begin(steps: Step[], options: object = {}, traits = {}): Promise<number> {
  await story.apply({ campaigns: [campaign('c', eventEntry('begun'), steps, options)] });
  const ann = await story.profile(traits);
  await story.track(ann, 'begun', T0, { invoice: 'a' });
  return ann;
}

it('goes on at the event, or when the time is over', async () => {
  const ann = await begin([waitFor(event(['paid'])), send('behind')]);
  const bob = await story.profile();
  await story.track(bob, 'begun', T0);
  await story.track(ann, 'paid', T0 + DAY);
  await story.advance(T0 + 30 * DAY);
  expect(await story.messages(ann)).toEqual(['w-then@2026-01-06 12:00', 'behind@2026-01-06 12:00']);
  expect(await story.messages(bob)).toEqual(['w-else@2026-01-09 12:00', 'behind@2026-01-09 12:00']);
});

it('an event counts from the wait on, not from entry on, and not one that had happened before', async () => {
  const ann = await begin([wait('v', 1), waitFor(event(['paid']))]);
  await story.track(ann, 'paid', T0 + HOUR);
  await story.track(ann, 'paid', T0 + 2 * DAY, {}, { occurredAt: T0 + 2 * HOUR });
  // The event of the very instant at which the wait begins comes before it.
  await story.track(ann, 'paid', T0 + DAY);
  await story.advance(T0 + 30 * DAY);
  expect(await story.messages(ann)).toEqual(['w-else@2026-01-10 12:00']);
});

it('the event of the last instant is in time, an exit of the same instant comes first', async () => {
  const ann = await begin([waitFor(event(['paid']))], {
    exit: [event(['voided'])],
  });
  const bob = await story.profile();
  await story.track(bob, 'begun', T0);
  for (const profile of [ann, bob]) await story.track(profile, 'paid', T0 + 4 * DAY);
  await story.track(bob, 'voided', T0 + 4 * DAY);
  await story.advance(T0 + 30 * DAY);
  expect(await story.messages(ann)).toEqual(['w-then@2026-01-09 12:00']);
  expect(await story.messages(bob)).toEqual([]);
  expect(await story.enrolments(bob)).toEqual([
    'c@2026-01-05 12:00 exited event voided@2026-01-09 12:00',
  ]);
});

it('same: waits for the event about the same thing', async () => {
  const ann = await begin([waitFor(event(['paid'], { same: ['invoice'] }))]);
  await story.track(ann, 'paid', T0 + DAY, { invoice: 'b' });
  await story.track(ann, 'paid', T0 + 2 * DAY, { invoice: 'a' });
  await story.advance(T0 + 30 * DAY);
  expect(await story.messages(ann)).toEqual(['w-then@2026-01-07 12:00']);
});

it('a state true at once is met at once, else when a trait makes it so', async () => {
  const ann = await begin([waitFor(state(isPro))], {}, { plan: 'pro' });
  const bob = await story.profile({ plan: 'free' });
  await story.track(bob, 'begun', T0);
  await story.setTrait(bob, 'plan', 'pro', T0 + DAY + HOUR);
  await story.advance(T0 + 30 * DAY);
  expect(await story.messages(ann)).toEqual(['w-then@2026-01-05 12:00']);
  expect(await story.messages(bob)).toEqual(['w-then@2026-01-06 13:00']);
});

const logins = (rest: object): Condition =>
  ({
    kind: 'event',
    names: { kind: 'list', names: ['login'] },
    occurrence: null,
    where: [],
    window: { kind: 'ever' },
    quantity: { kind: 'once' },
    ...rest,
  }) as unknown as Condition;

it('a state that time alone makes true is met at that instant', async () => {
  const quiet = logins({ quantity: { kind: 'quiet_for', ms: 2 * DAY, negated: false } });
  const ann = await begin([waitFor(state(quiet))]);
  await story.track(ann, 'login', T0 + DAY);
  await story.advance(T0 + 2 * DAY);
  const { rows } = await story.connection.query('select step, watch_at from enrolments');
  expect(rows).toEqual([{ step: 'w', watch_at: T0 + 3 * DAY }]);
  await story.advance(T0 + 30 * DAY);
  expect(await story.messages(ann)).toEqual(['w-then@2026-01-08 12:00']);
});

it('inside a state an event without window counts from the wait on', async () => {
  const twice = logins({
    window: { kind: 'since_wait' },
    quantity: { kind: 'count', tests: [{ op: 'at_least', value: 2, negated: false }] },
  });
  const ann = await begin([wait('v', 1), waitFor(state(twice))]);
  for (const hours of [1, 2, 30, 40]) await story.track(ann, 'login', T0 + hours * HOUR);
  await story.advance(T0 + 30 * DAY);
  expect(await story.messages(ann)).toEqual(['w-then@2026-01-07 04:00']);
});

it('memberships are waited for, several waits follow each other, and nothing of the first is left', async () => {
  const busy = segment('busy', logins({ window: { kind: 'within_last', ms: DAY } }));
  const steps = [
    waitFor(state({ kind: 'segment', segment: 'busy', negated: false }), { id: 'in' }),
    waitFor(state({ kind: 'segment', segment: 'busy', negated: true }), { id: 'out' }),
  ];
  await story.apply({
    segments: [busy],
    campaigns: [campaign('c', eventEntry('begun'), steps)],
  });
  const ann = await story.profile();
  await story.track(ann, 'begun', T0);
  await story.track(ann, 'login', T0 + DAY);
  await story.advance(T0 + 30 * DAY);
  expect(await story.messages(ann)).toEqual([
    'in-then@2026-01-06 12:00',
    'out-then@2026-01-07 12:00',
  ]);
  const { rows } = await story.connection.query('select state, watches, watch_at from enrolments');
  expect(rows).toEqual([{ state: 'ended', watches: {}, watch_at: Infinity }]);
});
