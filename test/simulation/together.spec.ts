/** A backtest of all campaigns together: they share a cap, and what one sends another may not. */
import { describeCampaigns } from '../../src/app/commands/describe-demo.js';
import { backtest, backtestTogether } from '../../src/simulation/backtest.js';
import { togetherHtml } from '../../src/simulation/backtest-html.js';
import { describeTogether } from '../../src/simulation/describe-backtest.js';
import {
  campaign,
  DAY,
  definitionsOf,
  eventEntry,
  Scenario,
  send,
  wait,
} from '../engine/scenario.js';
import { T0 } from '../engine/story-parts.js';
import { workspacesOf } from './support.js';

let story: Scenario;
beforeAll(async () => {
  story = await Scenario.open();
});
afterAll(() => story.close());

const two = campaign('two', eventEntry('begun'), [send('first'), wait('w', 1), send('second')]);
const definitions = definitionsOf({
  project: { caps: [{ kind: 'within', ms: 7 * DAY, atMost: 2, topic: null }] },
  campaigns: [
    two,
    campaign('one', eventEntry('begun'), [send('only')]),
    campaign('own', eventEntry('left'), [send('u'), wait('w', 1), send('v')], {
      caps: [{ kind: 'within', ms: 7 * DAY, atMost: 1, topic: null }],
    }),
    campaign('unready', eventEntry('begun'), [send('x')], { draft: true }),
  ],
});
const span = { definitions, from: T0 - 1, to: T0 + 20 * DAY };

it('caps hold between them, and it is told for whose sake; a draft stays out, and one alone has all the room', async () => {
  for (const day of [0, 2]) await story.track(await story.profile(), 'begun', T0 + day * DAY);
  await story.track(await story.profile(), 'left', T0);
  const result = (await backtestTogether(workspacesOf(story.db), span))!;
  expect(Object.keys(result.campaigns).toSorted()).toEqual(['one', 'own', 'two']);
  expect(result.campaigns['two']).toMatchObject({
    entered: 2,
    completed: 2,
    steps: { first: { sent: 2 }, second: { sent: 0, skipped: { cap: 2 } } },
  });
  expect(result.campaigns['one']).toMatchObject({ steps: { only: { sent: 2 } } });
  expect(result.capped).toEqual([
    { campaign: 'two', mails: 2, filledBy: { one: 2, two: 2 } },
    { campaign: 'own', mails: 1, filledBy: { own: 1 } },
  ]);
  expect(result.days).toHaveLength(21);
  expect(result.days.filter(({ sent, skipped }) => sent + skipped > 0)).toMatchObject([
    { day: '2026-01-05', entered: 3, sent: 3, skipped: 0 },
    { day: '2026-01-06', sent: 0, skipped: 2 },
    { day: '2026-01-07', entered: 2, sent: 2, skipped: 0 },
    { day: '2026-01-08', sent: 0, skipped: 1 },
  ]);
  expect(result.pressure).toEqual([
    { mails: 1, profiles: 1 },
    { mails: 2, profiles: 2 },
  ]);
  expect(describeCampaigns(result.campaigns)).toMatch(/^two +2 +first 2, second 0 +cap 2 /m);
  expect(describeTogether(result)).toContain(
    '\n  kept back by a cap: two 2, filled by mails of one 2, two 2\n',
  );
  const html = togetherHtml(result, { from: '2026-01-05', to: '2026-01-25' });
  expect(html).toContain('<title>Backtest of all campaigns, 2026-01-05 – 2026-01-25</title>');
  expect(html).toContain('<tr><td>two</td><td class="n">2</td><td>one 2, two 2</td></tr>');
  const alone = await backtest(workspacesOf(story.db), { ...span, campaign: 'two' });
  expect(alone).toMatchObject({ steps: { first: { sent: 2 }, second: { sent: 2 } } });
});

it('there must be one', async () => {
  const none = { ...span, definitions: { ...definitions, campaigns: [] } };
  expect(() => backtestTogether(workspacesOf(story.db), none)).toThrow(/not a draft/);
});
