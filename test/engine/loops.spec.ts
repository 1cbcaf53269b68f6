/** Campaigns that set each other off: short chains go through, endless ones set their profile aside and say so. */
import { VirtualClock } from '../../src/core/clock.js';
import { ShardLoop } from '../../src/engine/shard-loop.js';
import type { Step } from '../../src/language/definitions.js';
import { campaign, DAY, eventEntry, Scenario, send, wait } from './scenario.js';
import { T0 } from './story-parts.js';

let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
});
afterEach(() => story.close());

const always = { again: { kind: 'always' } };
const track = (event: string): Step => ({
  id: `track:${event}`,
  if: null,
  kind: 'track',
  event,
  with: {},
});

const valueOf = (name: string) => ({ kind: 'value_of', from: 'entry', path: [name] });
const countOf = (...names: string[]) => ({
  kind: 'measure',
  names: { kind: 'list', names },
  where: [],
  window: { kind: 'ever' },
  show: 'count',
  of: null,
});

it('a chain of fifteen campaigns goes through at one instant', async () => {
  const chain = Array.from({ length: 15 }, (_, n) =>
    campaign(`c${n}`, eventEntry(`e${n}`), [track(`e${n + 1}`)]),
  );
  await story.apply({ campaigns: [...chain, campaign('last', eventEntry('e15'), [send('a')])] });
  const ann = await story.profile();
  await story.track(ann, 'e0', T0);
  await story.advance(T0);
  expect(await story.messages(ann)).toEqual(['a@2026-01-05 12:00']);
});

it('an endless one parks its profile with what went round, and mails nobody', async () => {
  await story.apply({
    campaigns: [
      campaign('ping', eventEntry('pong', always), [send('a'), track('ping')]),
      campaign('back', eventEntry('ping', always), [track('pong')]),
      campaign('calm', eventEntry('order'), [send('b')]),
    ],
  });
  const [ann, bob] = [await story.profile(), await story.profile()];
  await story.connection.query('update profiles set shard = 7');
  await story.track(ann, 'pong', T0);
  await story.track(bob, 'order', T0);
  await story.connection.query('update inbox set shard = 7');
  const told: string[] = [];
  const loop = new ShardLoop({
    source: story.db.pool,
    clock: new VirtualClock(T0),
    wakeUps: { wake: () => undefined },
    onFailure: (_, shard) => told.push(`failed ${shard}`),
    onParked: (profile) => told.push(`parked ${profile}`),
  });
  await loop.run();
  expect(told).toEqual([`parked ${ann}`]);
  expect(await story.messages()).toEqual(['b@2026-01-05 12:00']);
  const { rows } = await story.connection.query<{ error: string }>(
    'select error from parked_profiles',
  );
  expect(rows[0]!.error).toContain(
    'more than 16 rounds at one instant: campaigns set each other off (',
  );
  expect(rows[0]!.error).toMatch(/campaign:back pong, then campaign:ping ping/);
  // Nothing of the rounds is left behind.
  expect((await story.connection.query(`select from events where source <> 'test'`)).rowCount).toBe(
    0,
  );
});

const perKey = { again: { kind: 'always' }, per: ['key'] };
const passOn: Step = { ...track('ping'), with: { key: valueOf('key') } } as Step;

it.each([
  ['whose key is handed on and lets in again', perKey, valueOf('key')],
  ['whose key is a new one every time', { per: ['key'] }, countOf('ping', 'pong')],
] as const)('so does one %s', async (_which, entry, key) => {
  const keyed = (event: string): Step => ({ ...track(event), with: { key } }) as Step;
  await story.apply({
    campaigns: [
      campaign('there', eventEntry('pong', entry), [send('a'), keyed('ping')]),
      campaign('back', eventEntry('ping', entry), [keyed('pong')]),
    ],
  });
  const ann = await story.profile();
  await story.track(ann, 'pong', T0, { key: 'k' });
  await expect(story.advance(T0)).rejects.toThrow('more than 16 rounds at one instant');
});

it('a campaign that states its own trait comes in again by that, later than it came in', async () => {
  const two = { kind: 'literal', value: 'two' };
  const set = { id: 'two', if: null, kind: 'set', traits: { stage: two } } as Step;
  const entry = { kind: 'trait', path: ['stage'], from: [], to: [], ignoreOlderThanMs: DAY };
  const changed = { ...eventEntry('any', always), ...entry } as never;
  await story.apply({
    campaigns: [campaign('later', changed, [wait('w', 1), set])],
  });
  const ann = await story.profile({ stage: 'none' });
  await story.setTrait(ann, 'stage', 'one', T0);
  await story.advance(T0 + 9 * DAY);
  expect(await story.enrolments(ann)).toHaveLength(2);
});

it('a campaign that states another value and then the one that lets in goes on for ever', async () => {
  const set = (id: string, value: number): Step => ({
    id,
    if: null,
    kind: 'set',
    traits: { queue: { kind: 'literal', value } },
  });
  const entry = { kind: 'trait', path: ['queue'], from: [], ignoreOlderThanMs: DAY };
  const to = [{ op: 'is', value: 1, negated: false }];
  await story.apply({
    campaigns: [
      campaign('round', { ...eventEntry('any', always), ...entry, to } as never, [
        send('a'),
        wait('one', 1),
        set('zero', 0),
        wait('two', 1),
        set('anew', 1),
      ]),
    ],
  });
  const ann = await story.profile({ queue: 0 });
  await story.setTrait(ann, 'queue', 1, T0);
  await story.advance(T0 + 19 * DAY);
  expect(await story.enrolments(ann)).toHaveLength(10);
});

it('a key that is handed on and lets in once goes round once', async () => {
  await story.apply({
    campaigns: [
      campaign('there', eventEntry('pong', { per: ['key'] }), [passOn]),
      campaign('back', eventEntry('ping', perKey), [{ ...passOn, event: 'pong' } as Step]),
    ],
  });
  const ann = await story.profile();
  await story.track(ann, 'pong', T0, { key: 'k' });
  await story.advance(T0);
  expect(await story.enrolments(ann)).toHaveLength(2);
});

it('a circle that takes time is none', async () => {
  await story.apply({
    campaigns: [
      campaign('ping', eventEntry('pong', always), [wait('w', 1), track('ping')]),
      campaign('back', eventEntry('ping', always), [track('pong')]),
    ],
  });
  const ann = await story.profile();
  await story.track(ann, 'pong', T0);
  await story.advance(T0 + 40 * DAY);
  expect(await story.enrolments(ann)).toHaveLength(1 + 2 * 40);
});

it('a circle by what is stated ends at once: one instant lets in once', async () => {
  const set = (value: boolean): Step => ({
    id: 'set',
    if: null,
    kind: 'set',
    traits: { vip: { kind: 'literal', value } },
  });
  const onVip = (value: boolean) => {
    const entry = { kind: 'trait', path: ['vip'], from: [], ignoreOlderThanMs: DAY };
    const to = [{ op: 'is', value, negated: false }];
    return { ...eventEntry('any', always), ...entry, to } as never;
  };
  await story.apply({
    campaigns: [
      campaign('not', onVip(false), [set(true)]),
      campaign('yes', onVip(true), [set(false)]),
    ],
  });
  const ann = await story.profile({ vip: true });
  await story.setTrait(ann, 'vip', false, T0);
  await story.advance(T0);
  expect(await story.enrolments(ann)).toHaveLength(2);
});
