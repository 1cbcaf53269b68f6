/** `message:` and `campaign:` in the engine: what campaigns did and what was sent is heard where a condition asks for it. */
import { instantToSql } from '../../src/core/instant.js';
import { ownMatch } from '../../src/language/conditions/own-subjects.js';
import type { Condition, EventCondition } from '../../src/language/definitions.js';
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
const was = (word: string, of: string, more: Partial<EventCondition> = {}): EventCondition => ({
  kind: 'event',
  ...ownMatch(word, of),
  occurrence: null,
  window: { kind: 'ever' },
  quantity: { kind: 'once' },
  ...more,
});
const active: Condition = { kind: 'campaign_active', campaign: 'hello', negated: false };

/** What delivery writes about a message that has left, or was refused for good. */
async function settled(step: string, when: number, bounced = false): Promise<void> {
  await story.connection.query(
    `update messages set state = $2, reason = $3, settled_at = $4 where step = $1 and state = 'pending'`,
    [step, bounced ? 'failed' : 'sent', bounced ? 'hard_bounce' : null, instantToSql(when)],
  );
}

test('campaigns tell of entries and ends, within the very instant', async () => {
  await story.apply({
    segments: [
      segment('inside', active),
      segment('done', was('finished', 'hello')),
      segment('never-there', was('entered', 'hello', { quantity: { kind: 'never' } })),
    ],
    campaigns: [
      campaign('hello', eventEntry('signed_up'), [send('a'), wait('w', 1), send('b')]),
      campaign('after', segmentEntry('done'), [send('c', { if: was('entered', 'hello') })]),
    ],
  });
  const ann = await story.profile();
  await story.advance(T0);
  await story.track(ann, 'signed_up', T0 + HOUR);
  await story.advance(T0 + 3 * DAY);
  expect(await story.transitions()).toEqual([
    'never-there@2026-01-05 12:00 entered initial',
    'inside@2026-01-05 13:00 entered change',
    'never-there@2026-01-05 13:00 exited change',
    'done@2026-01-06 13:00 entered change',
    'inside@2026-01-06 13:00 exited change',
  ]);
  expect(await story.messages()).toContain('c@2026-01-06 13:00');
});

test('messages tell of what became of them: exits and waits hear it, and of this step only', async () => {
  const state = (condition: Condition, label: string) => ({
    kind: 'state' as const,
    condition,
    label,
  });
  const waitFor = {
    id: 'w',
    if: null,
    kind: 'wait_for' as const,
    rule: state(
      was('sent', 'hello/a', { window: { kind: 'since', of: null } }),
      'message hello/a was sent',
    ),
    atMostMs: 9 * DAY,
    then: [send('seen'), wait('v', 9), send('late')],
    else: [],
  };
  await story.apply({
    campaigns: [
      campaign('hello', eventEntry('signed_up'), [send('a'), waitFor], {
        exit: [
          state(
            was('bounced', 'any', { window: { kind: 'since', of: null } }),
            'message any was bounced',
          ),
        ],
      }),
    ],
  });
  const ann = await story.profile();
  await story.advance(T0);
  await story.track(ann, 'signed_up', T0 + HOUR);
  await story.advance(T0 + 2 * HOUR);
  await settled('a', T0 + 3 * HOUR);
  await story.advance(T0 + 4 * HOUR);
  expect(await story.messages()).toEqual(['a@2026-01-05 13:00', 'seen@2026-01-05 15:00']);
  await settled('seen', T0 + 5 * HOUR, true);
  await story.advance(T0 + 6 * HOUR);
  expect(await story.enrolments()).toEqual([
    'hello@2026-01-05 13:00 exited message any was bounced@2026-01-05 17:00',
  ]);
});
