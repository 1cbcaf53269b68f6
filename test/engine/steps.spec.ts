/** Steps on real Postgres: branches, refused sends, pinned versions, answers to API requests. */
import { Scenario, campaign, DAY, eventEntry, send, wait } from './scenario.js';
import { isPro, T0 } from './story-parts.js';

let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
});
afterEach(() => story.close());

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

  it('a profile that is left alone gets no marketing mail until then, and nothing is made up for', async () => {
    const steps = [send('a'), wait('w', 1), send('b'), wait('v', 2), send('c')];
    await story.apply({
      campaigns: [
        campaign('m', eventEntry('begun'), steps),
        campaign('t', eventEntry('begun'), steps, { purpose: 'transactional' }),
      ],
    });
    const ann = await story.profile();
    await story.track(ann, 'begun', T0);
    const pause = { since: new Date(T0 + DAY), until: new Date(T0 + 3 * DAY) };
    await story.db.pool.query(`insert into profile_pauses values ($1, $2, $3, 'ops', 'asked')`, [
      ann,
      pause.since,
      pause.until,
    ]);
    await story.advance(T0 + 5 * DAY);
    expect((await story.messages(ann)).toSorted()).toEqual([
      'a@2026-01-05 12:00',
      'a@2026-01-05 12:00',
      'b@2026-01-06 12:00',
      'b@2026-01-06 12:00 skipped:unsubscribed',
      'c@2026-01-08 12:00',
      'c@2026-01-08 12:00',
    ]);
    const { rows } = await story.db.pool.query<{ detail: object }>(
      `select detail from messages where state = 'skipped'`,
    );
    const because = `paused until ${pause.until.toISOString()}`;
    expect(rows).toEqual([{ detail: { topic: 'offers', because } }]);
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

  it('a template that was taken away is still sent to those whose version names it', async () => {
    const steps = [wait('w', 1), send('bye', { template: 'goodbye' })];
    await story.apply({
      campaigns: [campaign('c', eventEntry('begun'), steps)],
      templates: ['mail', 'goodbye'],
    });
    const ann = await story.profile();
    await story.track(ann, 'begun', T0);
    await story.advance(T0);
    await story.apply({ campaigns: [campaign('c', eventEntry('begun'), [send('a')])] });
    await story.advance(T0 + 2 * DAY);
    expect(await story.messages(ann)).toEqual(['bye@2026-01-06 12:00']);
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
