/** Entry by a sequence on real Postgres: once for each first event, at the instant at which it becomes true. */
import type { Entry, Sequence } from '../../src/language/definitions.js';
import { mergeProfiles } from '../../src/ingest/merge-profiles.js';
import { campaign, DAY, eventEntry, onEvent, Scenario, send, wait } from './scenario.js';
import { isPro, T0 } from './story-parts.js';

const HOUR = DAY / 24;
const MINUTE = HOUR / 60;
let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
});
afterEach(() => story.close());

const abandoned: Sequence = {
  kind: 'not_followed_by',
  by: onEvent('cart', 'order'),
  same: ['cart_id'],
  withinMs: 4 * HOUR,
};
const slow = (rest: Partial<Sequence> = {}): Sequence =>
  ({
    kind: 'followed_by',
    by: onEvent('saved'),
    same: ['task'],
    withinMs: null,
    took: [{ op: 'more_than', value: 10 * MINUTE, negated: false }],
    ...rest,
  }) as Sequence;

const begin = (name: string, sequence: Sequence, rest: Partial<Entry> = {}): Promise<void> =>
  story.apply({
    campaigns: [campaign('c', eventEntry(name, { sequence, ...rest }), [send('a')])],
  });
const left = async (): Promise<number> =>
  (await story.connection.query('select 1 from awaited_entries')).rowCount!;

it('an abandoned cart: four quiet hours after the last change, each cart by itself, with its data', async () => {
  await begin('cart', abandoned, { per: ['cart_id'] });
  const ann = await story.profile();
  await story.track(ann, 'cart', T0, { cart_id: 'a', total: 250 });
  await story.track(ann, 'cart', T0 + 2 * HOUR, { cart_id: 'a', total: 260 });
  await story.track(ann, 'cart', T0 + 3 * HOUR, { cart_id: 'b', total: 30 });
  // Ordered at the very last instant: the answer wins.
  await story.track(ann, 'order', T0 + 7 * HOUR, { cart_id: 'b' });
  await story.track(ann, 'cart', T0 + 3 * HOUR, { total: 1 });
  await story.advance(T0 + DAY);
  expect(await story.messages()).toEqual(['a@2026-01-05 18:00']);
  const { rows } = await story.connection.query('select entry, cause_at from enrolments');
  expect(rows).toEqual([{ entry: { cart_id: 'a', total: 260 }, cause_at: T0 + 2 * HOUR }]);
  expect(await story.refusals()).toEqual([]);
  expect(await left()).toBe(0);
});

it('never late: an engine that comes days later judges it at its instant', async () => {
  await begin('cart', abandoned, { if: isPro });
  const [ann, ben] = [await story.profile({ plan: 'pro' }), await story.profile()];
  for (const id of [ann, ben]) await story.track(id, 'cart', T0, { cart_id: 1 });
  await story.advance(T0);
  await story.setTrait(ann, 'plan', 'free', T0 + 5 * HOUR);
  await story.setTrait(ben, 'plan', 'pro', T0 + 5 * HOUR);
  await story.track(ann, 'order', T0 + 6 * HOUR, { cart_id: 1 });
  await story.advance(T0 + 9 * DAY);
  expect(await story.messages()).toEqual(['a@2026-01-05 16:00']);
  expect(await story.refusals()).toEqual(['c@2026-01-05 16:00 if']);
});

it('an order that is heard of before its cart bars it, and one heard of late comes too late', async () => {
  await begin('cart', abandoned, { per: ['cart_id'] });
  const ann = await story.profile();
  await story.track(ann, 'order', T0 + HOUR, { cart_id: 1 }, { occurredAt: T0 });
  await story.track(ann, 'cart', T0 + 2 * HOUR, { cart_id: 1 }, { occurredAt: T0 - HOUR });
  await story.track(ann, 'cart', T0, { cart_id: 2 });
  await story.track(ann, 'order', T0 + 5 * HOUR, { cart_id: 2 }, { occurredAt: T0 + HOUR });
  await story.advance(T0 + DAY);
  expect(await story.messages()).toEqual(['a@2026-01-05 16:00']);
});

it('a cart of long ago is too late; one of hours ago is judged when it is heard of', async () => {
  await begin('cart', abandoned, { per: ['cart_id'] });
  const ann = await story.profile();
  await story.track(ann, 'cart', T0, { cart_id: 1 }, { occurredAt: T0 - 10 * HOUR });
  await story.track(ann, 'cart', T0, { cart_id: 2 }, { occurredAt: T0 - 2 * DAY });
  await story.track(ann, 'cart', T0, { cart_id: 3 }, { historical: true });
  await story.advance(T0 + DAY);
  expect(await story.messages()).toEqual(['a@2026-01-05 12:00']);
  expect(await story.refusals()).toEqual(['c@2026-01-05 12:00 too_late']);
});

it('followed_by: enters at the answer, with the data of the first event', async () => {
  await begin('begun', slow({ took: null, withinMs: HOUR }), { again: { kind: 'always' } });
  const [ann, ben] = [await story.profile(), await story.profile()];
  await story.track(ann, 'begun', T0, { task: 1, name: 'Report' });
  await story.track(ann, 'saved', T0 + MINUTE, { task: 2 });
  await story.track(ann, 'saved', T0 + HOUR, { task: 1 });
  await story.track(ben, 'begun', T0, { task: 1 });
  await story.track(ben, 'saved', T0, { task: 1 });
  await story.track(ben, 'saved', T0 + HOUR + 1, { task: 1 });
  await story.advance(T0 + 9 * DAY);
  expect(await story.messages(ann)).toEqual(['a@2026-01-05 13:00']);
  expect(await story.messages(ben)).toEqual([]);
  const { rows } = await story.connection.query('select entry from enrolments');
  expect(rows).toEqual([{ entry: { task: 1, name: 'Report' } }]);
  expect(await left()).toBe(0);
});

it('took: a slow task, and one that is never finished; a quick one is none, nor is the end again', async () => {
  await begin('begun', slow(), { again: { kind: 'always' } });
  const [quick, slowly, never] = [
    await story.profile(),
    await story.profile(),
    await story.profile(),
  ];
  for (const id of [quick, slowly, never]) await story.track(id, 'begun', T0, { task: 1 });
  await story.track(quick, 'saved', T0 + 10 * MINUTE, { task: 1 });
  await story.track(quick, 'saved', T0 + 20 * MINUTE, { task: 1 });
  await story.track(slowly, 'saved', T0 + 20 * MINUTE, { task: 1 });
  await story.advance(T0 + DAY);
  const due = 'a@2026-01-05 12:10:00.001';
  expect(await story.messages()).toEqual([due, due]);
  expect(await story.messages(quick)).toEqual([]);
  expect(await left()).toBe(0);
});

it('took with an upper bound waits for the answer', async () => {
  const took = [{ op: 'between' as const, low: 10 * MINUTE, high: HOUR, negated: false }];
  await begin('begun', slow({ took }));
  const [inside, beyond] = [await story.profile(), await story.profile()];
  for (const id of [inside, beyond]) await story.track(id, 'begun', T0, { task: 1 });
  await story.track(inside, 'saved', T0 + HOUR, { task: 1 });
  await story.track(beyond, 'saved', T0 + HOUR + 1, { task: 1 });
  await story.advance(T0 + DAY);
  expect(await story.messages()).toEqual(['a@2026-01-05 13:00']);
  expect(await left()).toBe(0);
});

it('two first events that one answer completes are decided in order', async () => {
  const sequence = slow({ took: null, same: null });
  await begin('begun', sequence, { ifActive: 'restart' });
  const ann = await story.profile();
  await story.track(ann, 'begun', T0, { n: 1 });
  await story.track(ann, 'begun', T0 + MINUTE, { n: 2 });
  await story.track(ann, 'saved', T0 + HOUR);
  await story.apply({
    campaigns: [
      campaign('c', eventEntry('begun', { sequence, ifActive: 'restart' }), [
        wait('w', 1),
        send('a'),
      ]),
    ],
  });
  await story.advance(T0 + 5 * DAY);
  expect(await story.enrolments()).toEqual([
    'c@2026-01-05 13:00 exited restarted@2026-01-05 13:00',
    'c@2026-01-05 13:00 completed@2026-01-06 13:00',
  ]);
});

it('an import answers and starts nothing; one that brings the answer of a slow task ends it', async () => {
  await begin('cart', abandoned);
  const ann = await story.profile();
  await story.track(ann, 'cart', T0, { cart_id: 1 });
  await story.track(ann, 'order', T0 + HOUR, { cart_id: 1 }, { kind: 'import' });
  await story.advance(T0 + DAY);
  expect(await story.messages()).toEqual([]);
  expect(await left()).toBe(0);
});

it('an edit of the steps keeps what has begun, an edit of the sequence drops it', async () => {
  await begin('cart', abandoned);
  const ann = await story.profile();
  await story.track(ann, 'cart', T0, { cart_id: 1 });
  await story.advance(T0 + HOUR);
  const entry = eventEntry('cart', { sequence: abandoned, again: { kind: 'always' } });
  await story.apply({ campaigns: [campaign('c', entry, [send('b')])] });
  await story.advance(T0 + 5 * HOUR);
  expect(await story.messages()).toEqual(['b@2026-01-05 16:00']);
  await story.track(ann, 'cart', T0 + DAY, { cart_id: 2 });
  await story.advance(T0 + DAY);
  await begin('cart', { ...abandoned, withinMs: HOUR });
  await story.advance(T0 + 9 * DAY);
  expect(await story.messages()).toEqual(['b@2026-01-05 16:00']);
  expect(await left()).toBe(0);
});

it('a merge takes along what has begun, and the answer that the other one gave', async () => {
  await begin('cart', abandoned);
  const [loser, other, survivor] = [
    await story.profile(),
    await story.profile(),
    await story.profile(),
  ];
  await story.track(loser, 'cart', T0, { cart_id: 1 });
  await story.track(other, 'cart', T0, { cart_id: 2 });
  await story.track(survivor, 'order', T0 + HOUR, { cart_id: 1 });
  await story.advance(T0 + 2 * HOUR);
  for (const gone of [loser, other])
    await mergeProfiles(story.db.pool, { loser: gone, survivor, explicit: true }, T0 + 2 * HOUR);
  await story.advance(T0 + DAY);
  expect(await story.messages(survivor)).toEqual(['a@2026-01-05 16:00']);
  const { rows } = await story.connection.query('select entry from enrolments');
  expect(rows).toEqual([{ entry: { cart_id: 2 } }]);
});
