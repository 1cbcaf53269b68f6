/** Topics, samples and changes of traits in the engine: they start and end things when they come, as of their instant. */
import { storeConsent } from '../../src/ingest/topics.sql.js';
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

const tips: Condition = { kind: 'topic', topic: 'tips', byDefault: false, negated: false };

async function say(
  profileId: number,
  topic: string,
  subscribed: boolean,
  when: number,
): Promise<void> {
  const word = { profileId, topic, subscribed, changedAt: when, source: 'test' };
  await storeConsent(story.connection, [word], when);
}

test('a yes lets in, a no to everything ends, both at their own instant however late they are settled', async () => {
  await story.apply({
    segments: [segment('fans', tips)],
    campaigns: [campaign('hello', segmentEntry('fans'), [wait('w', 3), send('late')])],
  });
  const ann = await story.profile();
  await story.advance(at('2026-01-05 12:00'));
  await say(ann, 'tips', true, at('2026-01-05 13:00'));
  await say(ann, '*', false, at('2026-01-06 13:00'));
  await story.advance(at('2026-01-07 12:00'));
  expect(await story.transitions()).toEqual([
    'fans@2026-01-05 13:00 entered change',
    'fans@2026-01-06 13:00 exited change',
  ]);
  expect(await story.enrolments()).toEqual([
    'hello@2026-01-05 13:00 exited left_segment@2026-01-06 13:00',
  ]);
});

test('another default is another definition: who said nothing comes in with it, and starts nothing', async () => {
  await story.apply({ segments: [segment('fans', tips)] });
  await story.profile();
  await story.advance(at('2026-01-05 12:00'));
  await story.apply({ segments: [segment('fans', { ...tips, byDefault: true })] });
  await story.advance(at('2026-01-05 13:00'));
  expect(await story.transitions()).toEqual(['fans@2026-01-05 13:00 entered definition']);
});

const queueRanEmpty: Condition = {
  kind: 'trait_changed',
  path: ['queue'],
  from: [{ op: 'more_than', value: 0, negated: false }],
  to: [{ op: 'is', value: 0, negated: false }],
  window: { kind: 'ever' },
  negated: false,
};

test('a queue that runs empty is one state until it fills again', async () => {
  await story.apply({
    segments: [segment('idle', queueRanEmpty)],
    campaigns: [campaign('refill', segmentEntry('idle'), [send('refill')])],
  });
  const ann = await story.profile({ queue: 0 });
  await story.advance(at('2026-01-05 12:00'));
  await story.setTrait(ann, 'queue', 3, at('2026-01-05 13:00'));
  await story.setTrait(ann, 'queue', 0, at('2026-01-05 14:00'));
  await story.setTrait(ann, 'queue', 5, at('2026-01-05 15:00'));
  await story.advance(at('2026-01-05 16:00'));
  expect(await story.transitions()).toEqual([
    'idle@2026-01-05 14:00 entered change',
    'idle@2026-01-05 15:00 exited change',
  ]);
  expect(await story.messages()).toEqual(['refill@2026-01-05 14:00']);
});

test('in an exit only a change after entry counts', async () => {
  const condition: Condition = { ...queueRanEmpty, window: { kind: 'since', of: null } };
  await story.apply({
    campaigns: [
      campaign('hello', eventEntry('signed_up'), [wait('w', 9), send('late')], {
        exit: [{ kind: 'state', condition, label: 'trait queue' }],
      }),
    ],
  });
  const ann = await story.profile({ queue: 3 });
  await story.advance(at('2026-01-05 12:00'));
  await story.setTrait(ann, 'queue', 0, at('2026-01-05 13:00'));
  await story.track(ann, 'signed_up', at('2026-01-05 14:00'));
  await story.setTrait(ann, 'queue', 2, at('2026-01-05 15:00'));
  await story.setTrait(ann, 'queue', 0, at('2026-01-05 16:00'));
  await story.advance(at('2026-01-05 12:00') + 2 * DAY);
  expect(await story.enrolments()).toEqual([
    'hello@2026-01-05 14:00 exited trait queue@2026-01-05 16:00',
  ]);
});
