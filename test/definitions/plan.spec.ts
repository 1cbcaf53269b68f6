/** A plan says whom it touches: by the conditions to come, over those who are there now. */
import { describePlan } from '../../src/campaigns/describe-plan.js';
import { applyDefinitions } from '../../src/definitions/apply-definitions.js';
import { partOfPlan } from '../../src/campaigns/plan-part.js';
import { planChanges } from '../../src/campaigns/plan-changes.js';
import type {
  CampaignDefinition,
  Condition,
  SegmentDefinition,
  Sequence,
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
  wait,
} from '../engine/scenario.js';
import { dateEntry, scheduleEntry, traitEntry } from '../engine/entries.js';
import { isPro, T0 } from '../engine/story-parts.js';

let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
});
afterEach(() => story.close());

const isTeam: Condition = {
  ...isPro,
  tests: [{ op: 'is', value: 'team', negated: false }],
} as Condition;

const plan = (
  { segments = [], campaigns }: { segments?: SegmentDefinition[]; campaigns: CampaignDefinition[] },
  now: number,
) => planChanges(story.connection, { project, segments, campaigns, templates: [] }, now);

/** As most of the plans here are shown: with nothing that is new in them. */
const shown = { definitions: { project, segments: [], campaigns: [], templates: [] } };

it('a changed segment: who joins, who leaves, whose enrolments end by that, who names it', async () => {
  const steps = [wait('w', 5), send('a')];
  const campaigns = [
    campaign('c', segmentEntry('paying'), steps),
    campaign('stays', segmentEntry('paying', { ifLeft: 'stay' }), steps),
  ];
  const near = segment('near', { kind: 'segment', segment: 'paying', negated: false });
  await story.apply({ segments: [segment('paying', isPro), near], campaigns, templates: [] });
  await story.advance(T0);
  const ids = [];
  for (const to of ['pro', 'pro', 'team', 'team', 'team', 'free']) {
    const id = await story.profile({ plan: 'free' });
    await story.setTrait(id, 'plan', to, T0 + DAY);
    ids.push(id);
  }
  await story.advance(T0 + DAY);
  const segments = [segment('paying', isTeam), near];
  const { changes, impact } = await plan({ segments, campaigns }, T0 + 2 * DAY);
  expect(changes).toMatchObject([
    {
      kind: 'segment',
      name: 'paying',
      says: [
        { place: 'who', before: 'trait: plan, is: pro', after: null },
        { place: 'who', before: null, after: 'trait: plan, is: team' },
      ],
    },
  ]);
  expect(impact).toEqual({
    segments: [
      {
        segment: 'paying',
        members: 3,
        joins: 3,
        leaves: 2,
        ends: [{ campaign: 'c', n: 2 }],
        young: null,
      },
      { segment: 'near', members: 3, joins: 3, leaves: 2, ends: [], young: null },
    ],
    campaigns: [],
  });
  // What was said is what happens.
  await story.apply({ segments, campaigns, templates: [] });
  await story.advance(T0 + 2 * DAY);
  const ended = (await story.enrolments()).filter((one) => one.includes('left_segment'));
  expect(ended).toHaveLength(2);
  // Also of those who name it, at once and with nobody being told of anything.
  const { rows } = await story.connection.query(
    'select segment, count(*) as n from segment_states where member group by segment order by segment',
  );
  expect(rows).toEqual([
    { segment: 'near', n: 3 },
    { segment: 'paying', n: 3 },
  ]);
});

it('`current: true` takes in who is there, once: those who pass `if` and were not in it', async () => {
  const ann = await story.profile({ plan: 'pro', seats: 5 });
  const bob = await story.profile({ plan: 'pro' });
  const seats: Condition = {
    kind: 'trait',
    path: ['seats'],
    tests: [{ op: 'exists', negated: false }],
  };
  const campaigns = [
    campaign('c', segmentEntry('paying', { current: true, if: seats }), [send('a')]),
    campaign('later', segmentEntry('paying'), [send('a')]),
  ];
  const segments = [segment('paying', isPro)];
  const before = await plan({ segments, campaigns }, T0);
  const none = { lacks: [], expected: null, slow: null, young: null, inFlight: [], waiting: [] };
  expect(before.impact.campaigns).toEqual([
    { campaign: 'c', entersNow: 1, entersBy: 'segment', ...none },
    { campaign: 'later', entersNow: 0, entersBy: 'segment', ...none },
  ]);
  await story.apply({ segments, campaigns });
  await story.advance(T0);
  expect(await story.enrolments(ann)).toHaveLength(1);
  expect(await story.enrolments(bob)).toHaveLength(0);
  const again = [{ ...campaigns[0]!, description: 'again' }, campaigns[1]!];
  const after = await plan({ segments, campaigns: again }, T0 + DAY);
  expect(after.impact.campaigns).toMatchObject([{ campaign: 'c', entersNow: 0 }]);
});

it('a changed campaign: where those under way stand, and whether the step is there still', async () => {
  const entry = eventEntry('begun');
  const first = campaign('c', entry, [send('a'), wait('w', 5), send('b'), wait('x', 9)]);
  await story.apply({ campaigns: [first] });
  const [ann, bob] = [await story.profile(), await story.profile()];
  await story.track(ann, 'begun', T0);
  await story.track(bob, 'begun', T0 + 6 * DAY);
  await story.advance(T0 + 7 * DAY);
  const next = campaign('c', entry, [send('a'), wait('w', 2), send('b')]);
  const planned = await plan({ campaigns: [next] }, T0 + 7 * DAY);
  expect(planned.impact.campaigns).toEqual([
    {
      campaign: 'c',
      entersNow: 0,
      entersBy: 'event',
      lacks: [],
      expected: null,
      slow: null,
      young: null,
      inFlight: [
        { version: 1, step: 'w', active: 1, kept: true },
        { version: 1, step: 'x', active: 1, kept: false },
      ],
      waiting: [],
    },
  ]);
  const text = describePlan(planned, shown);
  expect(text).toContain(`changed  campaign c v1 -> v2
  ~ step w: wait: 5 days -> wait: 2 days
  - step x: wait: 9 days
  > nobody enters at once; whoever does its event from now on enters
  > 2 enrolments under way go on with the version that they began on:
      1 at w
      1 at x, a step that is no more
    rekindle migrate c moves them, once this is applied
`);
  expect(text).toMatch(
    /\n2 to change, 1 unchanged; revision 1 is live\n--verbose .*\nplan [0-9a-f]{64}\n$/,
  );
});

it('a draft lets nobody in, which is said once; one that is under way goes on', async () => {
  await story.apply({ campaigns: [campaign('c', eventEntry('begun'), [wait('w', 5)])] });
  await story.track(await story.profile(), 'begun', T0);
  await story.advance(T0);
  const next = campaign('c', eventEntry('begun'), [wait('w', 5)], { draft: true });
  const text = describePlan(await plan({ campaigns: [next] }, T0), shown);
  expect(text).toContain(`
  > nobody enters
  > 1 enrolment under way goes on with the version that it began on:
      1 at w
`);
});

it('of one campaign: what is about it, the segments that it names, its own who; the hash is that of all', async () => {
  const isLong: Condition = { kind: 'segment', segment: 'pros', negated: false };
  const segments = [
    segment('pros', isPro),
    segment('others', isPro),
    segment('c/who', { kind: 'all', of: [isLong, isPro] }),
  ];
  const campaigns = [
    campaign('c', segmentEntry('c/who'), [send('a')]),
    campaign('d', segmentEntry('others'), [send('b')]),
  ];
  await story.apply({ campaigns });
  const whole = await plan({ segments, campaigns: [] }, T0);
  const definitions = { segments, campaigns: [campaigns[0]!] } as never;
  const part = partOfPlan(whole, definitions, 'c')!;
  expect(part.changes.map(({ kind, name }) => `${kind} ${name}`)).toEqual(
    expect.arrayContaining(['campaign c', 'segment c/who', 'segment pros']),
  );
  expect(part.changes.map(({ name }) => name)).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/^(d|others)$/)]),
  );
  const ofPart = { campaign: 'c', ofChanges: whole.changes.length };
  const text = describePlan(part, { ...shown, verbose: true, part: ofPart });
  expect(text).toContain('added    who of campaign c v1\n  + who: segment: pros\n');
  expect(text).toContain(`${part.changes.length} of ${whole.changes.length} to change are about c`);
  expect(text).toContain(`plan ${whole.hash}`);
  // One that goes has only its name left; of one that never was there is nothing to show.
  expect(partOfPlan(whole, { segments, campaigns: [] } as never, 'd')).not.toBeNull();
  expect(partOfPlan(whole, definitions, 'nobody')).toBeNull();
});

it('dates, schedules and changes of traits: how many come by them', async () => {
  const soon = (days: number): string => new Date(T0 + days * DAY).toISOString().slice(0, 10);
  for (const [days, plan] of [
    [2, 'pro'],
    [10, 'pro'],
    [11, 'free'],
    [-3, 'pro'],
  ] as const)
    await story.profile({ renews_on: soon(days), plan });
  const ann = await story.profile({ queue: 3, renews_on: 'no day' });
  for (const [queue, day] of [
    [0, 0],
    [5, 1],
    [0, 2],
  ] as const)
    await story.setTrait(ann, 'queue', queue, T0 - DAY / 2 + day);
  const before = { direction: 'before', count: 5, unit: 'day' };
  const isZero = [{ op: 'is', value: 0, negated: false }];
  const monthly = { every: 'month', day: 'first' };
  const planned = await plan(
    {
      campaigns: [
        campaign('dated', dateEntry('renews_on', { shift: before }), [send('a')]),
        campaign('emptied', traitEntry('queue', { to: isZero }), [send('a')]),
        campaign(
          'monthly',
          scheduleEntry(
            {
              kind: 'rule',
              rule: 'FREQ=MONTHLY;BYMONTHDAY=1',
              from: null,
              at: { hour: 10, minute: 0 },
              said: monthly,
            },
            isPro,
          ),
          [send('a')],
        ),
      ],
    },
    T0,
  );
  const [strike] = planned.impact.campaigns.flatMap(({ expected }) =>
    expected?.what === 'strike' ? [expected.from] : [],
  );
  expect(new Date(strike!).toISOString()).toMatch(/^2026-02-01T/);
  expect(planned.impact.campaigns.map(({ campaign: id, expected }) => [id, expected])).toEqual([
    // The tenth and the eleventh, less five days; the second is five days ago.
    ['dated', { what: 'dates', n: 2, from: T0, to: T0 + 7 * DAY }],
    ['emptied', { what: 'changes', n: 2, from: T0 - 30 * DAY, to: T0 }],
    ['monthly', { what: 'strike', n: 3, from: strike, to: strike }],
  ]);
  const text = describePlan(planned, shown);
  expect(text).toContain('  > 2 profiles have a date whose time comes within 7 days');
  expect(text).toContain('  > its trait has changed so 2 times in the last 30 days');
  expect(text).toContain('  > 3 profiles match when it strikes next, at 2026-02-01 1');
});

it('what is new is said in a line, all of it when asked; what goes by its name', async () => {
  await story.apply({ segments: [segment('old', isPro)], campaigns: [] });
  const variant = {
    format: 'html',
    subject: 'Hello {{profile.first_name}}',
    preheader: null,
    from: null,
    defaults: {},
    sample: {},
    body: '{{#if account.plan}}<p>{{upper profile.first_name}}</p>{{/if}}\n{{> foot}}',
    layout: null,
    partials: { foot: '{{date entry.at "short"}} {{unsubscribe_url}}' },
    text: null,
  };
  const definitions = {
    project,
    segments: [segment('pros', { kind: 'all', of: Array<Condition>(20).fill(isPro) })],
    campaigns: [campaign('c', eventEntry('begun'), [send('a'), wait('w', 5), send('b')])],
    templates: [{ kind: 'template', id: 'hello', variants: { '': variant, ru: variant } } as never],
  };
  const planned = await planChanges(story.connection, definitions, T0);
  const text = describePlan(planned, { definitions });
  expect(text).toContain(`added    campaign c v1
  enter: event: begun; 3 steps, 2 mails
  > nobody enters at once; whoever does its event from now on enters
`);
  expect(text).toContain(`added    template hello v1
  2 languages (default, ru), 3 variables: Hello {{profile.first_name}}
`);
  expect(text).toMatch(/added {4}segment pros v1\n {2}.{1,99}…\n {2}> 0 members/);
  expect(text).toContain('removed  segment old v1\n\n');
  expect(text).toContain('--verbose says all of what is new or goes\n');
  const all = describePlan(planned, { definitions, verbose: true });
  expect(all).toContain('  + step w: wait: 5 days\n');
  expect(all).toContain('removed  segment old v1\n  - who: trait: plan, is: pro\n');
  expect(all).not.toContain('--verbose');
});

it('those who wait to enter are counted: at their date, after an event, behind a surge, and whether they still may', async () => {
  const abandoned: Sequence = {
    kind: 'not_followed_by',
    by: onEvent('order'),
    same: null,
    withinMs: DAY,
    took: null,
  } as unknown as Sequence;
  const cart = (within: number) =>
    campaign('cart', eventEntry('cart', { sequence: { ...abandoned, withinMs: within } }), [
      send('a'),
    ]);
  const dated = campaign('dated', dateEntry('renews_on'), [send('a')]);
  await story.apply({ campaigns: [cart(DAY), dated] });
  await story.advance(T0 - DAY);
  const ids = [await story.profile(), await story.profile()];
  for (const id of ids) {
    await story.setTrait(id, 'renews_on', '2026-03-01', T0);
    await story.track(id, 'cart', T0);
  }
  await story.advance(T0);
  await story.connection.query(
    `insert into held_entries (profile_id, campaign, held_at, data) values ($1, 'cart', now(), '{}')`,
    [ids[0]],
  );
  const waiting = async (campaigns: CampaignDefinition[]) => {
    const { impact } = await plan({ campaigns }, T0 + 1);
    return impact.campaigns.flatMap((one) =>
      one.waiting.map(({ what, n, kept }) => `${one.campaign} ${what} ${n} ${kept}`),
    );
  };
  const described = (one: CampaignDefinition) => ({ ...one, description: 'again' });
  expect(await waiting([described(cart(DAY)), described(dated)])).toEqual([
    'cart sequence 2 true',
    'cart surge 1 true',
    'dated date 2 true',
  ]);
  expect(await waiting([cart(2 * DAY), { ...dated, draft: true }])).toEqual([
    'cart sequence 2 false',
    'cart surge 1 true',
    'dated date 2 false',
  ]);
  const text = describePlan(await plan({ campaigns: [] }, T0 + 1), shown);
  expect(text).toContain(`removed  campaign cart v1
  > nobody enters any more
  > 2 events wait for what follows, to let in; by that nobody enters any more
  > 1 profile is held back by \`surge\`; by that nobody enters any more
`);
  expect(text).toContain(
    '  > 2 profiles wait to enter at their date; by that nobody enters any more\n',
  );
  const refused = applyDefinitions(story.db.dataSource, shown.definitions, {
    by: 'ann',
    onRemoval: (removed) => {
      throw new Error(JSON.stringify(removed));
    },
  });
  await expect(refused).rejects.toThrow(
    '[{"name":"cart","active":0,"waiting":3},{"name":"dated","active":0,"waiting":2}]',
  );
});
