/** The engine's loop on real Postgres: entries, exits, goals, waits, memberships, in the order of semantics.md. */
import type { Condition } from '../../src/language/definitions.js';
import {
  at,
  campaign,
  DAY,
  eventEntry,
  onEvent,
  Scenario,
  segment,
  segmentEntry,
  send,
  wait,
} from './scenario.js';

const T0 = at('2026-01-05 12:00');
const ordered = (quantity: Record<string, unknown>): Condition =>
  ({
    kind: 'event',
    names: { kind: 'list', names: ['order'] },
    occurrence: null,
    where: [],
    window: { kind: 'ever' },
    quantity,
  }) as unknown as Condition;
const isPro: Condition = {
  kind: 'trait',
  path: ['plan'],
  tests: [{ op: 'is', value: 'pro', negated: false }],
};
const lapsed = segment('lapsed', {
  kind: 'all',
  of: [
    ordered({ kind: 'count', tests: [{ op: 'at_least', value: 2, negated: false }] }),
    ordered({ kind: 'quiet_for', ms: 90 * DAY, negated: false }),
  ],
});
const threeSteps = [
  send('reminder'),
  wait('wait:offer', 7),
  send('offer'),
  wait('wait:feedback', 10),
  send('feedback'),
];

let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
});
afterEach(() => story.close());

describe('entry by event', () => {
  it('sends at once, waits in calendar days and completes', async () => {
    await story.apply({ campaigns: [campaign('win-back', eventEntry('cancelled'), threeSteps)] });
    const ann = await story.profile();
    await story.track(ann, 'cancelled', T0);
    await story.advance(T0 + 30 * DAY);
    expect(await story.messages()).toEqual([
      'reminder@2026-01-05 12:00',
      'offer@2026-01-12 12:00',
      'feedback@2026-01-22 12:00',
    ]);
    expect(await story.enrolments()).toEqual([
      'win-back@2026-01-05 12:00 completed@2026-01-22 12:00',
    ]);
  });

  it('an exit event ends it before the send of the same instant', async () => {
    await story.apply({
      campaigns: [
        campaign('win-back', eventEntry('cancelled'), threeSteps, {
          exit: [{ kind: 'event', match: onEvent('login'), same: null, label: 'event login' }],
        }),
      ],
    });
    const ann = await story.profile();
    await story.track(ann, 'cancelled', T0);
    await story.track(ann, 'login', T0 + 7 * DAY);
    await story.advance(T0 + 30 * DAY);
    expect(await story.messages()).toEqual(['reminder@2026-01-05 12:00']);
    expect(await story.enrolments()).toEqual([
      'win-back@2026-01-05 12:00 exited event login@2026-01-12 12:00',
    ]);
  });

  it('a goal ends it as converted, and still counts after it has ended, once and in time only', async () => {
    const goal = {
      match: onEvent('paid'),
      same: null,
      withinMs: 20 * DAY,
      value: ['amount'],
      ends: true,
    };
    await story.apply({
      campaigns: [
        campaign('c', eventEntry('cancelled'), [send('a'), wait('w', 10), send('b')], { goal }),
      ],
    });
    const [early, later, never] = [
      await story.profile(),
      await story.profile(),
      await story.profile(),
    ];
    for (const profile of [early, later, never]) await story.track(profile, 'cancelled', T0);
    await story.track(early, 'paid', T0 + DAY, { amount: 20.5 });
    await story.track(later, 'paid', T0 + 20 * DAY, { amount: 7 });
    await story.track(later, 'paid', T0 + 20 * DAY + 1, { amount: 8 });
    await story.track(never, 'paid', T0 + 20 * DAY + 1, { amount: 9 });
    await story.advance(T0 + 40 * DAY);
    const { rows } = await story.connection.query(
      `select end_reason, conversion_value, converted_at is not null as converted from enrolments order by profile_id`,
    );
    expect(rows).toEqual([
      { end_reason: 'converted', conversion_value: '20.5', converted: true },
      { end_reason: 'completed', conversion_value: '7', converted: true },
      { end_reason: 'completed', conversion_value: null, converted: false },
    ]);
  });

  it('per keeps one enrolment a key; an event of another key ends nothing', async () => {
    await story.apply({
      campaigns: [
        campaign(
          'dunning',
          eventEntry('failed', { per: ['invoice'] }),
          [send('notice'), wait('w', 3), send('second')],
          {
            exit: [
              { kind: 'event', match: onEvent('paid'), same: ['invoice'], label: 'event paid' },
            ],
          },
        ),
      ],
    });
    const ann = await story.profile();
    await story.track(ann, 'failed', T0, { invoice: 'in_1' });
    await story.track(ann, 'failed', T0 + 1000, { invoice: 'in_2' });
    await story.track(ann, 'failed', T0 + 2000, { invoice: 'in_1' });
    await story.track(ann, 'paid', T0 + DAY, { invoice: 'in_2' });
    await story.advance(T0 + 10 * DAY);
    expect(await story.enrolments()).toEqual([
      'dunning@2026-01-05 12:00 completed@2026-01-08 12:00',
      'dunning@2026-01-05 12:00:01 exited event paid@2026-01-06 12:00',
    ]);
    expect(await story.refusals()).toEqual(['dunning@2026-01-05 12:00:02 already_active']);
  });

  it('an exit with same that came first bars entry: providers deliver out of order', async () => {
    await story.apply({
      campaigns: [
        campaign('dunning', eventEntry('failed', { per: ['invoice'] }), [send('notice')], {
          exit: [{ kind: 'event', match: onEvent('paid'), same: ['invoice'], label: 'event paid' }],
        }),
      ],
    });
    const ann = await story.profile();
    await story.track(ann, 'paid', T0 + 1000, { invoice: 'in_1' });
    await story.track(ann, 'failed', T0 + 2000, { invoice: 'in_1' }, { occurredAt: T0 });
    await story.track(ann, 'failed', T0 + 3000, { invoice: 'in_2' });
    await story.advance(T0 + DAY);
    expect(await story.refusals()).toEqual(['dunning@2026-01-05 12:00:02 barred_by_exit']);
    expect(await story.messages()).toEqual(['notice@2026-01-05 12:00:03']);
  });

  it('late and historical events change state and end, but start nothing', async () => {
    await story.apply({
      campaigns: [
        campaign('welcome', eventEntry('cancelled'), [send('a')]),
        campaign(
          'other',
          eventEntry('begun', { again: { kind: 'always' } }),
          [wait('w', 30), send('b')],
          {
            exit: [
              { kind: 'event', match: onEvent('cancelled'), same: null, label: 'event cancelled' },
            ],
          },
        ),
      ],
    });
    const [late, historical] = [await story.profile(), await story.profile()];
    for (const profile of [late, historical]) await story.track(profile, 'begun', T0);
    await story.track(late, 'cancelled', T0 + 3 * DAY, {}, { occurredAt: T0 + DAY });
    await story.track(historical, 'cancelled', T0 + 3 * DAY, {}, { historical: true });
    await story.advance(T0 + 4 * DAY);
    expect(await story.messages()).toEqual([]);
    expect(await story.refusals()).toEqual(['welcome@2026-01-08 12:00 too_late']);
    expect(await story.enrolments()).toEqual(
      Array(2).fill('other@2026-01-05 12:00 exited event cancelled@2026-01-08 12:00'),
    );
  });

  it('refusals carry their reason: if, again, needs', async () => {
    await story.apply({
      campaigns: [
        campaign('pros', eventEntry('cancelled', { if: isPro }), [send('a')]),
        campaign('soon', eventEntry('cancelled', { again: { kind: 'after', ms: 10 * DAY } }), [
          send('b'),
        ]),
        campaign('needy', eventEntry('cancelled', { needs: [['reason']] }), [send('c')]),
      ],
    });
    const ann = await story.profile({ plan: 'free' });
    await story.track(ann, 'cancelled', T0);
    await story.track(ann, 'cancelled', T0 + 5 * DAY, { reason: 'price' });
    await story.track(ann, 'cancelled', T0 + 10 * DAY);
    await story.advance(T0 + 20 * DAY);
    expect((await story.refusals()).sort()).toEqual([
      'needy@2026-01-05 12:00 needs',
      'needy@2026-01-15 12:00 needs',
      'pros@2026-01-05 12:00 if',
      'pros@2026-01-10 12:00 if',
      'pros@2026-01-15 12:00 if',
      'soon@2026-01-10 12:00 again_too_soon',
    ]);
    expect(await story.messages()).toEqual([
      'b@2026-01-05 12:00',
      'c@2026-01-10 12:00',
      'b@2026-01-15 12:00',
    ]);
  });
});

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

describe('steps', () => {
  it('branches on the state of the instant', async () => {
    const branch = {
      id: 'b',
      if: null,
      kind: 'branch' as const,
      arms: [
        { if: isPro, then: [send('pro')] },
        { if: null, then: [send('free')] },
      ],
    };
    await story.apply({
      campaigns: [
        campaign('c', eventEntry('begun'), [wait('w', 1), branch, send('end', { if: isPro })]),
      ],
    });
    const [ann, bob] = [
      await story.profile({ plan: 'free' }),
      await story.profile({ plan: 'pro' }),
    ];
    for (const profile of [ann, bob]) await story.track(profile, 'begun', T0);
    await story.setTrait(bob, 'plan', 'free', T0 + 2 * DAY);
    await story.advance(T0 + 3 * DAY);
    expect(await story.messages(ann)).toEqual(['free@2026-01-06 12:00']);
    expect(await story.messages(bob)).toEqual(['pro@2026-01-06 12:00', 'end@2026-01-06 12:00']);
  });

  it('a refused send is a message with its reason, and the campaign goes on', async () => {
    await story.apply({
      campaigns: [
        campaign('c', eventEntry('begun'), [
          send('tips', { topic: 'tips' }),
          wait('w', 1),
          send('a'),
        ]),
      ],
    });
    const [ann, bob] = [
      await story.profile(),
      await story.profile({ email: 'a@b.c, evil@example.com' }),
    ];
    for (const profile of [ann, bob]) await story.track(profile, 'begun', T0);
    await story.advance(T0 + 3 * DAY);
    expect(await story.messages(ann)).toEqual([
      'tips@2026-01-05 12:00 skipped:unsubscribed',
      'a@2026-01-06 12:00',
    ]);
    expect(await story.messages(bob)).toEqual([
      'tips@2026-01-05 12:00 skipped:no_address',
      'a@2026-01-06 12:00 skipped:no_address',
    ]);
  });

  it('running enrolments keep their version when the campaign changes', async () => {
    await story.apply({
      campaigns: [
        campaign('c', eventEntry('begun', { again: { kind: 'always' } }), [
          wait('w', 2),
          send('old'),
        ]),
      ],
    });
    const [ann, bob] = [await story.profile(), await story.profile()];
    await story.track(ann, 'begun', T0);
    await story.advance(T0 + DAY);
    await story.apply({
      campaigns: [
        campaign('c', eventEntry('begun', { again: { kind: 'always' } }), [
          wait('w', 2),
          send('new'),
        ]),
      ],
    });
    await story.track(bob, 'begun', T0 + DAY + 1000);
    await story.advance(T0 + 10 * DAY);
    expect(await story.messages()).toEqual(['old@2026-01-07 12:00', 'new@2026-01-08 12:00:01']);
  });

  it('an API request is answered with the enrolment or the reason', async () => {
    await story.apply({
      campaigns: [
        campaign('c', { ...eventEntry('x'), kind: 'api', needs: [['plan']] } as never, [send('a')]),
      ],
    });
    const ann = await story.profile();
    for (const [n, entry] of [{}, { plan: 'pro' }, { plan: 'pro' }].entries()) {
      const id = `00000000-0000-4000-8000-00000000000${n}`;
      await story.connection.query(
        `insert into enrolment_requests (id, profile_id, campaign, requested_at) values ($1, $2, 'c', $3)`,
        [id, ann, new Date(T0)],
      );
      await story.connection.query(
        `insert into inbox (shard, profile_id, kind, name, occurred_at, judged_at, data) values ($1::bigint % 256, $1, 'enrol', 'c', $2, $2, $3)`,
        [ann, new Date(T0 + n * 1000), { request_id: id, entry }],
      );
    }
    await story.advance(T0 + DAY);
    const { rows } = await story.connection.query(
      `select outcome from enrolment_requests order by id`,
    );
    expect(rows).toEqual([
      { outcome: { entered: false, because: 'needs', detail: { missing: ['plan'] } } },
      { outcome: { entered: true, enrolment: expect.any(Number) } },
      { outcome: { entered: false, because: 'again_never', detail: expect.anything() } },
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
