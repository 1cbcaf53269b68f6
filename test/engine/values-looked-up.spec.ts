/** Tests against values that are looked up: who is told of a release, and what of a person's own is compared with events. */
import type { Condition, PropertyTest } from '../../src/language/definitions.js';
import type { ComparedBy, TestSource } from '../../src/language/conditions/value-of-shapes.js';
import { broadcast, crowd, takenBy } from './broadcast-story.js';
import {
  broadcastEntry,
  campaign,
  DAY,
  eventEntry,
  onEvent,
  Scenario,
  segment,
  send,
  wait,
} from './scenario.js';
import { T0 } from './story-parts.js';

const MINUTE = 60_000;

const property = (name: string, by: ComparedBy, of: TestSource, path = name): PropertyTest => ({
  path: [name],
  tests: [{ op: 'value_of', by, to: [{ of, path: [path] }], negated: false }],
});
const wanted: Condition = { kind: 'trait', ...property('wanted', 'is', 'entry', 'feature') };

let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
});
afterEach(() => story.close());

it('a broadcast takes those whose trait is what it is about, as it was at its instant', async () => {
  await story.apply({ campaigns: [campaign('news', broadcastEntry(wanted), [send('a')])] });
  const [leaver, joiner] = await crowd(story, 2, { traits: { wanted: 'sms' } });
  await crowd(story, 1, { traits: { wanted: 'push' } });
  await crowd(story, 1);
  await story.setTrait(joiner!, 'wanted', 'push', T0 - MINUTE);
  const id = await broadcast(story, 'news', T0, { feature: 'sms' });
  const silent = await broadcast(story, 'news', T0, {});
  await story.setTrait(leaver!, 'wanted', 'push', T0 + 1);
  await story.advance(T0 + DAY);
  expect(await takenBy(story, id)).toEqual([leaver]);
  expect(await takenBy(story, silent)).toEqual([]);
});

it('an event lets in whose trait it equals; exits and waits compare with what was entered with', async () => {
  await story.apply({
    campaigns: [
      campaign(
        'c',
        eventEntry('released', {
          match: {
            ...onEvent('released'),
            where: [property('feature', 'is', 'profile', 'wanted')],
          },
        }),
        [send('a'), wait('w', 10), send('b')],
        {
          exit: [
            {
              kind: 'event',
              match: { ...onEvent('used'), where: [property('feature', 'is', 'entry')] },
              same: null,
              label: 'event used',
            },
          ],
        },
      ),
    ],
  });
  const [user, other, changed] = await crowd(story, 3, { traits: { wanted: 'sms' } });
  await story.setTrait(changed!, 'wanted', 'push', T0 - MINUTE);
  for (const one of [user, other, changed])
    await story.track(one!, 'released', T0, { feature: 'sms' });
  // What comes later than the event is not what it was then.
  await story.setTrait(changed!, 'wanted', 'sms', T0 + MINUTE);
  await story.track(user!, 'used', T0 + DAY, { feature: 'sms' });
  await story.track(other!, 'used', T0 + DAY, { feature: 'push' });
  await story.advance(T0 + 30 * DAY);
  expect(await story.messages(user)).toEqual(['a@2026-01-05 12:00']);
  expect(await story.messages(other)).toEqual(['a@2026-01-05 12:00', 'b@2026-01-15 12:00']);
  expect(await story.messages(changed)).toEqual([]);
});

it('a change of the trait that events are compared with decides a segment again', async () => {
  const who: Condition = {
    kind: 'event',
    ...onEvent('order'),
    where: [property('amount', 'more_than', 'profile', 'limit')],
    occurrence: null,
    window: { kind: 'ever' },
    quantity: { kind: 'once' },
  };
  await story.apply({ segments: [segment('over', who)] });
  const ann = await story.profile({ limit: 100 });
  await story.track(ann, 'order', T0, { amount: 50 });
  await story.advance(T0 + MINUTE);
  expect(await story.transitions()).toEqual([]);
  await story.setTrait(ann, 'limit', 20, T0 + 2 * MINUTE);
  await story.setTrait(ann, 'limit', 80, T0 + 5 * MINUTE);
  await story.advance(T0 + DAY);
  expect(await story.transitions()).toEqual([
    'over@2026-01-05 12:02 entered change',
    'over@2026-01-05 12:05 exited change',
  ]);
});
