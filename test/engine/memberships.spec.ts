/** Memberships by time and change, entries by segment, exits that are states. */
import type { Condition } from '../../src/language/definitions.js';
import {
  Scenario,
  campaign,
  DAY,
  eventEntry,
  segment,
  segmentEntry,
  send,
  wait,
} from './scenario.js';
import { isPro, lapsed, ordered, T0, threeSteps } from './story-parts.js';

let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
});
afterEach(() => story.close());

describe('entry by segment', () => {
  it('enters by time, leaves on return, enters again', async () => {
    await story.apply({
      segments: [lapsed],
      campaigns: [
        campaign('win-back', segmentEntry('lapsed', { again: { kind: 'always' } }), threeSteps),
      ],
    });
    const ann = await story.profile();
    await story.advance(T0 - 1);
    await story.track(ann, 'order', T0);
    await story.track(ann, 'order', T0 + DAY);
    await story.track(ann, 'order', T0 + 96 * DAY);
    await story.advance(T0 + 300 * DAY);
    expect(await story.transitions()).toEqual([
      'lapsed@2026-04-06 12:00 entered time',
      'lapsed@2026-04-11 12:00 exited change',
      'lapsed@2026-07-10 12:00 entered time',
    ]);
    expect(await story.enrolments()).toEqual([
      'win-back@2026-04-06 12:00 exited left_segment@2026-04-11 12:00',
      'win-back@2026-07-10 12:00 completed@2026-07-27 12:00',
    ]);
  });

  it('the first build is a baseline; current: true enrols the members of now, once', async () => {
    const ann = await story.profile({ plan: 'pro' });
    const pros = segment('pros', isPro);
    const both = [
      campaign('later', segmentEntry('pros'), [send('a')]),
      campaign('now', segmentEntry('pros', { current: true }), [send('b')]),
    ];
    await story.apply({ segments: [pros], campaigns: both });
    await story.advance(T0);
    await story.advance(T0 + DAY);
    expect(await story.transitions()).toEqual(['pros@2026-01-05 12:00 entered initial']);
    expect(await story.messages(ann)).toEqual(['b@2026-01-05 12:00']);
    const bob = await story.profile({ plan: 'free' });
    await story.setTrait(bob, 'plan', 'pro', T0 + 2 * DAY);
    await story.advance(T0 + 3 * DAY);
    expect((await story.messages(bob)).sort()).toEqual([
      'a@2026-01-07 12:00',
      'b@2026-01-07 12:00',
    ]);
  });

  it('whoever comes in the moment after an apply comes to what was applied', async () => {
    await story.apply({});
    const [ann, bob] = [await story.profile({ plan: 'pro' }), await story.profile()];
    await story.advance(T0 - 1);
    const written = {
      segments: [segment('pros', isPro)],
      campaigns: [campaign('hello', segmentEntry('pros'), [send('a')])],
    };
    await story.apply(written, T0);
    await story.setTrait(bob, 'plan', 'pro', T0 + 200);
    await story.advance(T0 + 1000);
    expect(await story.messages(ann)).toEqual([]);
    expect(await story.messages(bob)).toEqual(['a@2026-01-05 12:00:00.200']);
    const { rows } = await story.connection.query(
      'select profile_id, cause, at from transitions order by at',
    );
    expect(rows).toEqual([
      { profile_id: ann, cause: 'initial', at: T0 },
      { profile_id: bob, cause: 'change', at: T0 + 200 },
    ]);
  });

  it('if_left: stay keeps going; imports and edited definitions start nothing', async () => {
    const free: Condition = {
      kind: 'trait',
      path: ['plan'],
      tests: [{ op: 'is', value: 'free', negated: false }],
    };
    const campaigns = [
      campaign('c', segmentEntry('pros', { ifLeft: 'stay' }), [wait('w', 1), send('a')]),
    ];
    await story.apply({ segments: [segment('pros', isPro)], campaigns });
    await story.advance(T0);
    const [ann, bob] = [
      await story.profile({ plan: 'free' }),
      await story.profile({ plan: 'pro' }),
    ];
    await story.setTrait(ann, 'plan', 'pro', T0 + 1000);
    await story.setTrait(ann, 'plan', 'free', T0 + 2000);
    await story.track(bob, 'order', T0 + 3000, {}, { kind: 'import' });
    await story.advance(T0 + 2 * DAY);
    expect(await story.messages()).toEqual(['a@2026-01-06 12:00:01']);
    await story.apply({ segments: [segment('pros', free)], campaigns });
    await story.advance(T0 + 3 * DAY);
    expect(await story.transitions()).toEqual([
      'pros@2026-01-05 12:00:01 entered change',
      'pros@2026-01-05 12:00:02 exited change',
      'pros@2026-01-05 12:00:03 entered import',
      'pros@2026-01-08 12:00 entered definition',
      'pros@2026-01-08 12:00 exited definition',
    ]);
    expect(await story.messages()).toHaveLength(1);
  });
});

describe('exits that are states', () => {
  const inactive: Condition = ordered({ kind: 'never' });
  const recent = {
    ...(ordered({ kind: 'once' }) as object),
    window: { kind: 'within_last', ms: 2 * DAY },
  } as Condition;
  const quiet: Condition = {
    kind: 'event',
    names: { kind: 'list', names: ['order'] },
    occurrence: null,
    where: [],
    window: { kind: 'ever' },
    quantity: { kind: 'quiet_for', ms: 2 * DAY, negated: false },
  };

  it('bar entry when true, end when a fact makes them true', async () => {
    await story.apply({
      campaigns: [
        campaign('c', eventEntry('begun'), [wait('w', 10), send('a')], {
          exit: [{ kind: 'state', condition: recent, label: 'recent order' }],
        }),
      ],
    });
    const [ann, bob] = [await story.profile(), await story.profile()];
    await story.track(ann, 'order', T0 - DAY);
    await story.track(ann, 'begun', T0);
    await story.track(bob, 'begun', T0);
    await story.track(bob, 'order', T0 + 3 * DAY);
    await story.advance(T0 + 20 * DAY);
    expect(await story.refusals()).toEqual(['c@2026-01-05 12:00 barred_by_exit']);
    expect(await story.enrolments()).toEqual([
      'c@2026-01-05 12:00 exited recent order@2026-01-08 12:00',
    ]);
    void inactive;
  });

  it('end at the instant at which time alone makes them true', async () => {
    await story.apply({
      campaigns: [
        campaign('c', eventEntry('begun'), [wait('w', 10), send('a')], {
          exit: [{ kind: 'state', condition: quiet, label: 'quiet' }],
        }),
      ],
    });
    const ann = await story.profile();
    await story.track(ann, 'order', T0 - DAY);
    await story.track(ann, 'begun', T0);
    await story.track(ann, 'order', T0 + 1000);
    await story.advance(T0 + 20 * DAY);
    expect(await story.enrolments()).toEqual([
      'c@2026-01-05 12:00 exited quiet@2026-01-07 12:00:01',
    ]);
  });
});

it('a new profile is judged by every segment, whatever it comes with', async () => {
  await story.apply({
    segments: [segment('strangers', ordered({ kind: 'never' }))],
    campaigns: [campaign('hello', segmentEntry('strangers'), [send('a')])],
  });
  await story.advance(T0);
  const ann = await story.profile();
  await story.connection.query(
    `insert into inbox (shard, profile_id, kind, occurred_at, judged_at, data) values ($1::bigint % 256, $1, 'traits', $2, $2, '{}')`,
    [ann, new Date(T0 + 1000)],
  );
  await story.advance(T0 + DAY);
  expect(await story.messages()).toEqual(['a@2026-01-05 12:00:01']);
});
