/** Steps that change something: it is stored as ingest stores it, heard at the same instant, and done once. */
import type { Condition, Step, StepValue } from '../../src/language/definitions.js';
import {
  campaign,
  DAY,
  eventEntry,
  Scenario,
  segment,
  segmentEntry,
  send,
  wait,
} from './scenario.js';
import { act, isPro, literal, ordered, T0, valueOf } from './story-parts.js';

let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
});
afterEach(() => story.close());

const set = (traits: Record<string, StepValue>): Step => act('set', { kind: 'set', traits });
const track = (event: string, values: Record<string, StepValue> = {}): Step =>
  act(`track:${event}`, { kind: 'track', event, with: values });
const enrol = (id: string, values: Record<string, StepValue> = {}): Step =>
  act(`enrol:${id}`, { kind: 'enrol', campaign: id, with: values });
const traitIs = (name: string, value: string): Condition => ({
  kind: 'trait',
  path: [name],
  tests: [{ op: 'is', value, negated: false }],
});
const outcomes = async (): Promise<string[]> => {
  const { rows } = await story.connection.query<{ step: string; outcome: string }>(
    'select step, outcome from enrolment_steps order by settled_at, ctid',
  );
  return rows.map(({ step, outcome }) => `${step}=${outcome}`);
};
const one = async (text: string, ...values: unknown[]) =>
  (await story.connection.query(text, values)).rows[0];

describe('set and unset', () => {
  it('write the trait with its history, and the next step sees it', async () => {
    const steps = [
      set({
        plan: literal('pro'),
        feature: valueOf('entry', 'feature'),
        gone: valueOf('entry', 'x'),
      }),
      send('a', { if: isPro }),
      act('unset', { kind: 'unset', traits: ['feature', 'never'] }),
    ];
    await story.apply({ campaigns: [campaign('c', eventEntry('begun'), steps)] });
    const ann = await story.profile({ plan: 'free' });
    await story.track(ann, 'begun', T0, { feature: { name: 'export' } });
    await story.advance(T0);
    expect(await story.messages(ann)).toEqual(['a@2026-01-05 12:00']);
    const { traits, traits_changed_at, traits_occurred_at } = (await one(
      'select traits, traits_changed_at, traits_occurred_at from profiles where id = $1',
      ann,
    )) as Record<string, never>;
    expect(traits).toEqual({ email: 'ann@example.com', plan: 'pro' });
    expect(traits_changed_at).toBe(T0);
    expect(traits_occurred_at).toEqual({ plan: T0, feature: T0, never: T0 });
    const { rows } = await story.connection.query(
      'select trait, before, after, changed_at, source from trait_changes order by id',
    );
    expect(rows).toEqual([
      { trait: 'plan', before: 'free', after: 'pro', changed_at: T0, source: 'campaign:c' },
      {
        trait: 'feature',
        before: null,
        after: { name: 'export' },
        changed_at: T0,
        source: 'campaign:c',
      },
      {
        trait: 'feature',
        before: { name: 'export' },
        after: null,
        changed_at: T0,
        source: 'campaign:c',
      },
    ]);
    expect(await outcomes()).toEqual(['set=done', 'a=sent', 'unset=done']);
  });

  it('nothing to set is said, and a trait that is too large stays as it was', async () => {
    const steps = [
      set({ feature: valueOf('entry', 'feature') }),
      act('big', { kind: 'set', traits: { plan: literal('x'.repeat(300_000)) } }),
    ];
    await story.apply({ campaigns: [campaign('c', eventEntry('begun'), steps)] });
    const ann = await story.profile({ plan: 'free' });
    await story.track(ann, 'begun', T0);
    await story.advance(T0);
    expect(await outcomes()).toEqual(['set=skipped:nothing_to_say', 'big=refused:traits_full']);
    expect(await one(`select traits ->> 'plan' as plan from profiles where id = $1`, ann)).toEqual({
      plan: 'free',
    });
  });

  it('are heard at the same instant: memberships, entries, exits and waits', async () => {
    const rule = { kind: 'state' as const, condition: traitIs('stage', 'two'), label: 'stage' };
    await story.apply({
      segments: [segment('twos', traitIs('stage', 'two'))],
      campaigns: [
        campaign('mover', eventEntry('begun'), [wait('w', 1), set({ stage: literal('two') })]),
        campaign('joins', segmentEntry('twos'), [send('joined')]),
        campaign('leaves', eventEntry('begun'), [wait('v', 9), send('late')], { exit: [rule] }),
        campaign('waits', eventEntry('begun'), [
          act('for', { kind: 'wait_for', rule, atMostMs: 5 * DAY, then: [send('met')], else: [] }),
        ]),
      ],
    });
    const ann = await story.profile();
    await story.advance(T0 - 1);
    await story.track(ann, 'begun', T0);
    await story.advance(T0 + 30 * DAY);
    expect((await story.messages(ann)).sort()).toEqual([
      'joined@2026-01-06 12:00',
      'met@2026-01-06 12:00',
    ]);
    expect(await story.enrolments(ann)).toContain(
      'leaves@2026-01-05 12:00 exited stage@2026-01-06 12:00',
    );
    expect(await story.transitions()).toEqual(['twos@2026-01-06 12:00 entered change']);
  });

  it('an engine that comes late states it as of its instant: what was said later stands', async () => {
    const quiet = segment('frees', traitIs('plan', 'free'));
    const steps = [wait('w', 1), set({ plan: literal('free'), seen: literal('yes') })];
    await story.apply({
      segments: [quiet],
      campaigns: [campaign('c', eventEntry('begun'), steps)],
    });
    const ann = await story.profile();
    await story.advance(T0 - 1);
    await story.track(ann, 'begun', T0);
    await story.advance(T0);
    await story.setTrait(ann, 'plan', 'team', T0 + 2 * DAY);
    await story.advance(T0 + 3 * DAY);
    const { traits } = (await one('select traits from profiles where id = $1', ann)) as {
      traits: unknown;
    };
    expect(traits).toEqual({ email: 'ann@example.com', plan: 'team', seen: 'yes' });
    const { rows } = await story.connection.query(
      `select before, after, changed_at from trait_changes where trait = 'plan' order by changed_at`,
    );
    expect(rows).toEqual([
      { before: null, after: 'free', changed_at: T0 + DAY },
      { before: 'free', after: 'team', changed_at: T0 + 2 * DAY },
    ]);
    expect(await story.transitions()).toEqual([
      'frees@2026-01-06 12:00 entered change',
      'frees@2026-01-07 12:00 exited change',
    ]);
  });

  it('an address and a zone that were set count for what follows', async () => {
    const steps = [
      set({ email: valueOf('entry', 'to'), timezone: literal('Asia/Tokyo') }),
      send('a'),
      act('until', {
        kind: 'wait_until',
        until: { kind: 'time', at: { hour: 9, minute: 0 }, days: null },
      }),
      send('b'),
    ];
    await story.apply({ campaigns: [campaign('c', eventEntry('begun'), steps)] });
    const ann = await story.profile();
    await story.connection.query(
      `insert into suppressions (address, reason, source, since) values ('bad@example.com', 'manual', 'test', now())`,
    );
    await story.track(ann, 'begun', T0, { to: 'bad@example.com' });
    await story.advance(T0 + 2 * DAY);
    // The walk at T0 counts in the zone that it began in; the next one in the new zone.
    expect(await story.messages(ann)).toEqual([
      'a@2026-01-05 12:00 skipped:suppressed',
      'b@2026-01-06 09:00 skipped:suppressed',
    ]);
  });
});

describe('subscribe and unsubscribe', () => {
  it('count for the mails of the same walk, and no campaign takes back a no from elsewhere', async () => {
    const steps = [
      send('before', { topic: 'tips' }),
      act('yes', { kind: 'subscribe', topic: 'tips' }),
      send('after', { topic: 'tips' }),
      act('no', { kind: 'unsubscribe', topic: '*' }),
      send('none'),
      act('again', { kind: 'subscribe', topic: '*' }),
      send('last'),
    ];
    await story.apply({ campaigns: [campaign('c', eventEntry('begun'), steps)] });
    const [ann, bob] = [await story.profile(), await story.profile()];
    await story.connection.query(
      `insert into subscriptions (profile_id, topic, subscribed, changed_at, source) values ($1, 'tips', false, $2, 'page x')`,
      [bob, new Date(T0 - DAY)],
    );
    await story.track(ann, 'begun', T0);
    await story.track(bob, 'begun', T0);
    await story.advance(T0);
    expect(await story.messages(ann)).toEqual([
      'before@2026-01-05 12:00 skipped:unsubscribed',
      'after@2026-01-05 12:00',
      'none@2026-01-05 12:00 skipped:unsubscribed',
      'last@2026-01-05 12:00',
    ]);
    expect((await story.messages(bob)).slice(0, 2)).toEqual([
      'before@2026-01-05 12:00 skipped:unsubscribed',
      'after@2026-01-05 12:00 skipped:unsubscribed',
    ]);
    expect(
      await one(
        `select subscribed, source from subscriptions where profile_id = $1 and topic = 'tips'`,
        bob,
      ),
    ).toEqual({ subscribed: false, source: 'page x' });
    expect((await outcomes()).filter((line) => line.startsWith('yes='))).toEqual([
      'yes=done',
      'yes=skipped:unsubscribed',
    ]);
  });
});

describe('track', () => {
  it('is an event like any other: stored, counted, heard, and it starts campaigns', async () => {
    const total = { kind: 'sum', of: ['n'], tests: [{ op: 'at_least', value: 3, negated: false }] };
    const counts = {
      ...ordered(total),
      names: { kind: 'list', names: ['finished'] },
    } as unknown as Condition;
    await story.apply({
      segments: [segment('threes', counts)],
      campaigns: [
        campaign('c', eventEntry('begun', { again: { kind: 'always' } }), [
          track('finished', { n: valueOf('entry', 'n'), of: valueOf('with', 'n') }),
        ]),
        campaign('next', eventEntry('finished', { again: { kind: 'always' } }), [
          send('a', {
            if: {
              kind: 'entry',
              path: ['n'],
              tests: [{ op: 'at_least', value: 2, negated: false }],
            },
          }),
        ]),
        campaign('threes', segmentEntry('threes'), [send('b')]),
      ],
    });
    const ann = await story.profile();
    await story.advance(T0 - 1);
    await story.track(ann, 'begun', T0, { n: 1 });
    await story.track(ann, 'begun', T0 + DAY, { n: 2 });
    await story.advance(T0 + 2 * DAY);
    expect((await story.messages(ann)).sort()).toEqual([
      'a@2026-01-06 12:00',
      'b@2026-01-06 12:00',
    ]);
    const { rows } = await story.connection.query(
      `select properties, source, occurred_at, judged_at, received_at from events where name = 'finished' order by id`,
    );
    expect(rows).toEqual([
      {
        properties: { n: 1, of: 1 },
        source: 'campaign:c',
        occurred_at: T0,
        judged_at: T0,
        received_at: T0,
      },
      expect.objectContaining({ properties: { n: 2, of: 2 } }),
    ]);
    expect(
      await one(`select count, first_at, last_at from profile_event_stats where name = 'finished'`),
    ).toEqual({ count: 2, first_at: T0, last_at: T0 + DAY });
    expect(await one('select count(*) as left from inbox')).toEqual({ left: 0 });
  });
});

describe('enrol', () => {
  it('asks for entry like a request: by if, again and needs, with what it brings', async () => {
    const second = campaign(
      'second',
      eventEntry('never', {
        needs: [['plan']],
        if: { kind: 'entry', path: ['plan'], tests: [{ op: 'is', value: 'pro', negated: false }] },
      }),
      [send('a')],
    );
    const first = (id: string, values: Record<string, StepValue>) =>
      campaign(
        id,
        eventEntry(id),
        [enrol('second', values), enrol('draft'), enrol('second', values)].map((step, n) => ({
          ...step,
          id: `${step.id}${n}`,
        })),
      );
    await story.apply({
      campaigns: [
        second,
        campaign('draft', eventEntry('x'), [send('b')], { draft: true }),
        first('free', { plan: literal('free') }),
        first('none', {}),
        first('pro', { plan: valueOf('entry', 'plan') }),
      ],
    });
    const ann = await story.profile();
    await story.track(ann, 'free', T0);
    await story.track(ann, 'none', T0 + DAY);
    await story.track(ann, 'pro', T0 + 2 * DAY, { plan: 'pro' });
    await story.advance(T0 + 3 * DAY);
    expect(await story.messages(ann)).toEqual(['a@2026-01-07 12:00']);
    expect(await story.refusals()).toEqual([
      'second@2026-01-05 12:00 if',
      'second@2026-01-05 12:00 if',
      'second@2026-01-06 12:00 needs',
      'second@2026-01-06 12:00 needs',
      'second@2026-01-07 12:00 already_active',
    ]);
    expect((await outcomes()).filter((line) => line.includes('draft'))).toEqual(
      Array.from({ length: 3 }, () => 'enrol:draft1=missed'),
    );
    const entered = await one(`select trigger, entry from enrolments where campaign = 'second'`);
    expect(entered).toEqual({
      trigger: expect.stringMatching(/^enrol:pro\/enrol:second0\/[0-9a-f]{16}$/),
      entry: { plan: 'pro' },
    });
  });
});
