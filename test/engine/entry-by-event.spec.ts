/** Campaigns entered by an event: again, per, goals, exits, late facts, in the order of semantics.md. */
import { Scenario, campaign, DAY, eventEntry, onEvent, send, wait } from './scenario.js';
import { isPro, T0, threeSteps } from './story-parts.js';

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
