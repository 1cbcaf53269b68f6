/** How long somebody has been a member: counted without interruption, from the build for those it found, in whatever asks. */
import fc from 'fast-check';
import type { Condition } from '../../src/language/definitions.js';
import {
  at,
  campaign,
  DAY,
  eventEntry,
  Scenario,
  segment,
  segmentEntry,
  send,
  wait,
} from './scenario.js';

let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
});
afterEach(() => story.close());

const HOUR = DAY / 24;
const T0 = at('2026-01-05 12:00');
const busy: Condition = {
  kind: 'event',
  names: { kind: 'list', names: ['login'] },
  occurrence: null,
  where: [],
  window: { kind: 'within_last', ms: 2 * DAY },
  quantity: { kind: 'once' },
};
const longIn = (id: string, days: number, negated = false): Condition => ({
  kind: 'segment',
  segment: id,
  negated,
  forAtLeastMs: days * DAY,
});

test('leaving resets it; who stays long enough comes in by time, and leaves at once', async () => {
  await story.apply({
    segments: [segment('busy', busy), segment('loyal', longIn('busy', 3))],
    campaigns: [campaign('thanks', segmentEntry('loyal'), [send('a'), wait('w', 9), send('b')])],
  });
  const ann = await story.profile();
  await story.advance(T0);
  await story.track(ann, 'login', T0 + HOUR);
  await story.track(ann, 'login', T0 + 60 * HOUR);
  await story.track(ann, 'login', T0 + 80 * HOUR);
  await story.track(ann, 'login', T0 + 125 * HOUR);
  await story.advance(T0 + 9 * DAY);
  expect(await story.transitions()).toEqual([
    'busy@2026-01-05 13:00 entered change',
    'busy@2026-01-07 13:00 exited time',
    'busy@2026-01-08 00:00 entered change',
    'loyal@2026-01-11 00:00 entered time',
    'busy@2026-01-12 17:00 exited time',
    'loyal@2026-01-12 17:00 exited time',
  ]);
  expect(await story.messages()).toEqual(['a@2026-01-11 00:00']);
  expect(await story.enrolments()).toEqual([
    'thanks@2026-01-11 00:00 exited left_segment@2026-01-12 17:00',
  ]);
});

test('members that a build finds count from it; another definition starts nothing', async () => {
  const pro: Condition = {
    kind: 'trait',
    path: ['plan'],
    tests: [{ op: 'is', value: 'pro', negated: false }],
  };
  const any: Condition = { ...pro, tests: [{ op: 'exists', negated: false }] };
  const campaigns = [campaign('thanks', segmentEntry('loyal'), [send('a')])];
  const loyal = segment('loyal', longIn('payers', 3));
  await story.apply({ segments: [segment('payers', pro), loyal], campaigns });
  await story.profile({ plan: 'pro' });
  const team = await story.profile({ plan: 'team' });
  await story.advance(T0);
  await story.advance(T0 + 4 * DAY);
  await story.apply({ segments: [segment('payers', any), loyal], campaigns });
  await story.advance(T0 + 5 * DAY);
  await story.setTrait(team, 'plan', null, T0 + 8 * DAY - HOUR);
  await story.advance(T0 + 9 * DAY);
  await story.apply({
    segments: [
      segment('payers', { ...any, tests: [{ op: 'is', value: 'none', negated: false }] }),
      loyal,
    ],
    campaigns,
  });
  await story.advance(T0 + 10 * DAY);
  await story.advance(T0 + 11 * DAY);
  expect(await story.transitions()).toEqual([
    'payers@2026-01-05 12:00 entered initial',
    'loyal@2026-01-08 12:00 entered time',
    'payers@2026-01-10 12:00 entered definition',
    'payers@2026-01-13 11:00 exited change',
    'payers@2026-01-15 12:00 exited definition',
    'loyal@2026-01-15 12:00 exited definition',
  ]);
  expect(await story.messages()).toEqual(['a@2026-01-08 12:00']);
});

const waitFor = (condition: Condition) => ({
  id: 'stay',
  if: null,
  kind: 'wait_for' as const,
  rule: { kind: 'state' as const, condition, label: 'segment busy' },
  atMostMs: 9 * DAY,
  then: [send('stayed')],
  else: [send('gave-up')],
});
const DEFINITIONS = {
  segments: [
    // In the order in which they must not be settled.
    segment('a-veterans', longIn('b-loyal', 1)),
    segment('b-loyal', { kind: 'all', of: [busy, longIn('busy', 1)] }),
    segment('busy', busy),
  ],
  campaigns: [
    campaign('thanks', segmentEntry('a-veterans', { again: { kind: 'always' } }), [
      send('a'),
      wait('w', 1),
      send('b', { if: longIn('busy', 2) }),
    ]),
    campaign('steady', eventEntry('login', { again: { kind: 'always' } }), [
      waitFor(longIn('busy', 2)),
    ]),
    campaign('quiet', eventEntry('seen', { again: { kind: 'always' } }), [wait('v', 9)], {
      exit: [{ kind: 'state', condition: longIn('busy', 1), label: 'segment busy' }],
      while: longIn('a-veterans', 1, true),
    }),
  ],
};

const happenings = fc.array(
  fc.record({ name: fc.constantFrom('login', 'login', 'seen'), hour: fc.nat({ max: 140 }) }),
  { minLength: 3, maxLength: 15, size: 'max' },
);

async function play(
  happened: readonly { name: string; hour: number }[],
  step: number,
): Promise<unknown> {
  await story.connection.query(
    `truncate profiles, profile_keys, events, profile_event_stats, inbox, segment_states, segment_builds, transitions,
       enrolments, enrolment_steps, entry_refusals, messages, shards restart identity cascade`,
  );
  await story.apply(DEFINITIONS);
  const ann = await story.profile();
  await story.advance(T0);
  for (const { name, hour } of happened.toSorted((a, b) => a.hour - b.hour))
    await story.track(ann, name, T0 + (hour + 1) * HOUR);
  await story.advance(T0 + 12 * DAY, step);
  return {
    transitions: (await story.transitions()).toSorted(),
    enrolments: (await story.enrolments()).toSorted(),
    messages: (await story.messages()).toSorted(),
    refusals: (await story.refusals()).toSorted(),
  };
}

test('waits, exits, while and if ask it too, and however time is cut the same happens', async () => {
  const story = [0, 20, 40, 60, 80].map((hour) => ({ name: 'login', hour }));
  const seen = await play([...story, { name: 'seen', hour: 10 }], Number.POSITIVE_INFINITY);
  expect(seen).toMatchObject({
    messages: [
      'a@2026-01-07 13:00',
      'b@2026-01-08 13:00',
      'stayed@2026-01-07 13:00',
      'stayed@2026-01-08 01:00',
      'stayed@2026-01-08 21:00',
    ],
  });
  await fc.assert(
    fc.asyncProperty(
      happenings,
      fc.constantFrom(HOUR, 7 * HOUR, 26 * HOUR),
      async (happened, step) => {
        expect(await play(happened, step)).toEqual(await play(happened, Number.POSITIVE_INFINITY));
      },
    ),
    { numRuns: 6, interruptAfterTimeLimit: 60_000 },
  );
}, 120_000);
