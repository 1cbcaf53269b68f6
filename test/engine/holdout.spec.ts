/** Held out: everything runs but the mail, and what comes without it is counted beside what comes with it. */
import { isHeldOut } from '../../src/campaigns/hold-out.js';
import { campaignFigures } from '../../src/delivery/campaigns.sql.js';
import { campaignCounts } from '../support/campaign-counts.js';
import { at, campaign, DAY, eventEntry, onEvent, Scenario, send, wait } from './scenario.js';

const T0 = at('2026-01-05 12:00');
const HOUR = DAY / 24;
const goal = { match: onEvent('bought'), same: null, withinMs: null, value: null, ends: true };

it('walks on without mail, reserves nothing, converts, and shows what the mail brings', async () => {
  const story = await Scenario.open();
  try {
    const tested = campaign(
      'tested',
      eventEntry('order'),
      [send('one'), wait('w', 1), send('two')],
      {
        holdout: 5_000,
        goal,
      },
    );
    const other = campaign('other', eventEntry('login'), [send('three')], { holdout: 0 });
    await story.apply({
      project: { holdout: 9_999, caps: [{ atMost: 2, topic: null, kind: 'ever' }] },
      campaigns: [tested, other],
    });
    const people: number[] = [];
    for (let n = 0; n < 40; n++) people.push(await story.profile());
    const held = people.filter((id) => isHeldOut({}, tested, id));
    expect(held.length).toBeGreaterThan(8);
    expect(held.length).toBeLessThan(32);
    await story.advance(T0 - 1);
    for (const id of people) await story.track(id, 'order', T0);
    await story.advance(T0);
    // One of those who are held out converts, two of those who are not.
    const mailed = people.filter((id) => !held.includes(id));
    for (const id of [held[0]!, mailed[0]!, mailed[1]!]) await story.track(id, 'bought', T0 + HOUR);
    await story.track(held[1]!, 'login', T0 + 2 * DAY);
    await story.advance(T0 + 3 * DAY, HOUR);
    expect(await story.messages(held[1])).toEqual([
      'one@2026-01-05 12:00 skipped:held_out',
      'two@2026-01-06 12:00 skipped:held_out',
      'three@2026-01-07 12:00',
    ]);
    expect(await story.enrolments(held[0])).toEqual([
      'tested@2026-01-05 12:00 converted@2026-01-05 13:00',
    ]);
    expect(await story.messages(mailed[2])).toEqual([
      'one@2026-01-05 12:00',
      'two@2026-01-06 12:00',
    ]);
    const figures = await campaignFigures(story.connection, tested);
    expect(figures).toMatchObject({
      entered: 40,
      converted: 3,
      holdout: {
        entered: held.length,
        converted: 1,
        lift: { rate: 2 / mailed.length, heldOutRate: 1 / held.length },
      },
    });
    expect((await campaignFigures(story.connection, other)).holdout).toBeNull();
    const { kept, found } = await campaignCounts(story.connection);
    expect(kept).toEqual(found);
  } finally {
    await story.close();
  }
});
