/** What a plan says that one wants to know before it is applied: nobody enters, too young for a window, days at its pace. */
import { describePlan, describeTouched } from '../../src/campaigns/describe-plan.js';
import { planChanges } from '../../src/campaigns/plan-changes.js';
import type {
  CampaignDefinition,
  Condition,
  SegmentDefinition,
} from '../../src/language/definitions.js';
import {
  campaign,
  DAY,
  eventEntry,
  onEvent,
  project,
  Scenario,
  segment,
  segmentEntry,
  send,
} from '../engine/scenario.js';
import { scheduleEntry } from '../engine/entries.js';
import { isPro, T0 } from '../engine/story-parts.js';

let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
});
afterEach(() => story.close());

const plan = (planned: { segments: SegmentDefinition[]; campaigns: CampaignDefinition[] }) =>
  planChanges(story.connection, { project, ...planned, templates: [] }, T0);

const shown = { definitions: { project, segments: [], campaigns: [], templates: [] } };

it('`needs` or `per` that the entry never brings: nobody enters, and why; as it is then', async () => {
  const ann = await story.profile({ plan: 'pro' });
  const enter = segmentEntry('paying', {
    current: true,
    needs: [['plan']],
    per: ['seats', 'used'],
  });
  const campaigns = [campaign('c', enter, [send('a')])];
  const segments = [segment('paying', isPro)];
  const planned = await plan({ segments, campaigns });
  expect(planned.impact.campaigns).toMatchObject([{ entersNow: 0, lacks: ['plan', 'seats.used'] }]);
  const says =
    'nobody enters by itself, now or later: the entry brings no plan, seats.used, which needs: or per: asks for';
  expect(describePlan(planned, shown)).toContain(`  ! ${says}\n`);
  expect(describeTouched(planned)).toEqual([`campaign c: ${says}`]);
  await story.apply({ segments, campaigns });
  await story.advance(T0);
  expect(await story.enrolments(ann)).toHaveLength(0);
});

const nobodyQuiet: Condition = {
  kind: 'event',
  ...onEvent('login'),
  occurrence: null,
  window: { kind: 'within_last', ms: 30 * DAY },
  quantity: { kind: 'never' },
  sequence: null,
} as unknown as Condition;

it('what a negative window is true of by youth, and a pace that takes days: before it is applied', async () => {
  for (let n = 0; n < 8; n++) await story.profile({ plan: 'pro' });
  await story.connection.query(
    `update profiles set born_at = $1::timestamptz - case when id % 4 = 0 then interval '1 day' else interval '1 year' end`,
    [new Date(T0).toISOString()],
  );
  const at = (hour: number) => ({ hour, minute: 0 });
  const gates = {
    pace: { count: 1, per: 'hour' as const },
    sendWindow: { days: [1, 2, 3, 4, 5], from: at(9), until: at(10), zone: 'project' },
  };
  const daily = scheduleEntry(
    { kind: 'rule', rule: 'FREQ=DAILY', from: null, at: at(10), said: { every: 'day' } } as never,
    nobodyQuiet,
  );
  const broadcast = { ...eventEntry('x'), kind: 'broadcast', who: nobodyQuiet } as never;
  const planned = await plan({
    segments: [segment('paying', isPro), segment('quiet', nobodyQuiet)],
    campaigns: [
      campaign('asked', broadcast, [send('a')], gates),
      campaign('current', segmentEntry('paying', { current: true }), [send('a')], gates),
      campaign('fast', broadcast, [send('a')], { ...gates, pace: { count: 8, per: 'hour' } }),
      campaign('struck', daily, [send('a')], gates),
    ],
  });
  const slow = { members: 8, pace: '1 per hour', hoursADay: 1, days: 8 };
  const young = { young: 2, all: 8 };
  expect(planned.impact.campaigns).toMatchObject([
    { campaign: 'asked', slow, young, expected: { what: 'asked', n: 8 } },
    { campaign: 'current', slow, young: null, entersNow: 8 },
    { campaign: 'fast', slow: null, young },
    { campaign: 'struck', slow, young, expected: { what: 'strike', n: 8 } },
  ]);
  expect(planned.impact.segments).toMatchObject([
    { segment: 'paying', young: null },
    { segment: 'quiet', young },
  ]);
  const text = describePlan(planned, shown);
  const pace = '8 people, 1 per hour, 1 h a day: a mail to each takes 8 days';
  expect(text).toContain(`
  > nobody enters at once; nobody enters before a broadcast is asked for
  > 8 profiles match now, were it asked for
  ! 2 of 8 profiles are younger than its window (RK308)
  ! ${pace}
`);
  expect(describeTouched(planned)).toEqual([
    'segment quiet: 2 of 8 profiles are younger than its window (RK308)',
    'campaign asked: 2 of 8 profiles are younger than its window (RK308)',
    `campaign asked: ${pace}`,
    'campaign current: 8 profiles enter at once, as far as exits let them',
    `campaign current: ${pace}`,
    'campaign fast: 2 of 8 profiles are younger than its window (RK308)',
    'campaign struck: 2 of 8 profiles are younger than its window (RK308)',
    `campaign struck: ${pace}`,
  ]);
});
