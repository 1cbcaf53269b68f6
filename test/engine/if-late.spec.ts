/** Which limit of lateness a message is given: its step's, else its campaign's, else the project's; counted from its instant. */
import type { Step } from '../../src/language/definitions.js';
import { at, campaign, DAY, eventEntry, Scenario, send } from './scenario.js';

const T0 = at('2026-01-05 12:00');
const HOUR = DAY / 24;

it('the step speaks before the campaign, the campaign before the project', async () => {
  const story = await Scenario.open();
  try {
    const own = (then: string) => ({ ifLate: { ms: HOUR, then } }) as Partial<Step>;
    await story.apply({
      project: { ifLate: { ms: 2 * DAY, then: 'skip' } },
      campaigns: [
        campaign('a', eventEntry('order'), [send('one'), send('two', own('send'))]),
        campaign('b', eventEntry('order'), [send('three'), send('four', own('skip'))], {
          ifLate: { ms: DAY, then: 'ask' },
        }),
      ],
    });
    const ann = await story.profile();
    await story.advance(T0 - 1);
    await story.track(ann, 'order', T0);
    // However late it is picked up, it was decided when it was due.
    await story.advance(T0 + 5 * DAY);
    const { rows } = await story.connection.query(
      'select step, late_at, if_late from messages order by id',
    );
    expect(rows).toEqual([
      { step: 'one', late_at: T0 + 2 * DAY, if_late: 'skip' },
      { step: 'two', late_at: null, if_late: null },
      { step: 'three', late_at: T0 + DAY, if_late: 'ask' },
      { step: 'four', late_at: T0 + HOUR, if_late: 'skip' },
    ]);
  } finally {
    await story.close();
  }
});
