import fc from 'fast-check';
import { DAY_MS, NEVER, type Instant } from '../core/instant.js';
import type { Cap } from '../language/gates/gate-shapes.js';
import { capsOn, capsReach, lookAtCaps, type CapRule, type CountedMail } from './caps.js';
import { decideMessage, type MessageQuestion } from './decide-message.js';
import type { Limits } from './limits.js';

const at = (text: string): Instant => Date.parse(text);
const NOW = at('2026-03-18T12:00:00Z');
const HOUR = DAY_MS / 24;
const week: Cap = { atMost: 2, topic: null, kind: 'within', ms: 7 * DAY_MS };
const each = (unit: 'day' | 'week' | 'month'): Cap => ({
  atMost: 1,
  topic: null,
  kind: 'each',
  unit,
});
const ever: Cap = { atMost: 1, topic: null, kind: 'ever' };
const of = (...caps: Cap[]): CapRule[] => caps.map((cap) => ({ of: 'project', cap }));
const mail = (when: Instant, over: Partial<CountedMail> = {}): CountedMail => ({
  campaign: 'a',
  topic: 'offers',
  at: when,
  ...over,
});
const freeAt = (caps: Cap[], mails: CountedMail[], now = NOW, zone = 'UTC') =>
  lookAtCaps(of(...caps), mails, { campaign: 'a', at: now, zone })?.freeAt;

it('a mail leaves a rolling window exactly when it is that old', () => {
  const full = [mail(NOW - 7 * DAY_MS + 1), mail(NOW - DAY_MS)];
  expect(freeAt([week], full)).toBe(NOW + 1);
  expect(freeAt([week], full, NOW + 1)).toBeNull();
  expect(freeAt([week], [mail(NOW - 7 * DAY_MS), mail(NOW)])).toBeNull();
});

it.each<[unit: 'day' | 'week' | 'month', zone: string, last: string, now: string, free: string]>([
  ['day', 'UTC', '2026-03-18T00:00Z', '2026-03-18T23:59:59.999Z', '2026-03-19T00:00Z'],
  ['day', 'Asia/Tokyo', '2026-03-18T15:00Z', '2026-03-19T14:59Z', '2026-03-19T15:00Z'],
  // Clocks change on 29 March: that day has 23 hours.
  ['day', 'Europe/Berlin', '2026-03-28T23:00Z', '2026-03-29T21:59Z', '2026-03-29T22:00Z'],
  ['week', 'UTC', '2026-03-16T00:00Z', '2026-03-22T23:59Z', '2026-03-23T00:00Z'],
  ['month', 'America/New_York', '2026-03-01T05:00Z', '2026-04-01T03:59Z', '2026-04-01T04:00Z'],
])('one each %s in %s', (unit, zone, last, now, free) => {
  expect(freeAt([each(unit)], [mail(at(last))], at(now), zone)).toBe(at(free));
  expect(freeAt([each(unit)], [mail(at(last))], at(free), zone)).toBeNull();
  expect(freeAt([each(unit)], [mail(at(last) - 1)], at(now), zone)).toBeNull();
});

it('ever is for ever, and of several full caps the longest speaks', () => {
  const mails = [mail(NOW - 400 * DAY_MS), mail(NOW - HOUR), mail(NOW - HOUR)];
  expect(freeAt([ever], mails)).toBe(NEVER);
  expect(freeAt([week, ever, each('day')], mails)).toBe(NEVER);
  expect(freeAt([each('day'), week], mails)).toBe(NOW - HOUR + 7 * DAY_MS);
});

it("a campaign's cap counts its own mails, a topic's cap those of the topic", () => {
  const project = { caps: [{ ...week, topic: 'offers' }] };
  const campaign = { caps: [ever] };
  expect(capsOn(project, campaign, 'tips').map((rule) => rule.of)).toEqual(['campaign']);
  const rules = capsOn(project, campaign, 'offers');
  const ask = (...mails: CountedMail[]) =>
    lookAtCaps(rules, mails, { campaign: 'a', at: NOW, zone: 'UTC' })!;
  expect(ask(mail(NOW, { campaign: 'b' }), mail(NOW, { campaign: 'b', topic: 'tips' }))).toEqual({
    seen: { of: 'project', rule: 'at_most 2 within 7 days of offers', counted: 1, at_most: 2 },
    freeAt: null,
  });
  expect(ask(mail(NOW, { topic: 'tips' })).seen).toEqual({
    of: 'campaign',
    rule: 'at_most 1 ever',
    counted: 1,
    at_most: 1,
    free_at: null,
  });
});

const QUESTION: MessageQuestion = {
  purpose: 'marketing',
  topic: 'offers',
  project: { topics: { offers: { name: 'Offers', default: 'subscribed' } } },
  profile: { email: 'ann@example.com' },
  suppressed: null,
  subscription: null,
  unsubscribedFromAll: false,
  pausedUntil: null,
};
const LIMITS: Limits = {
  at: NOW,
  zone: 'UTC',
  projectZone: 'UTC',
  campaign: 'a',
  window: null,
  caps: of(week),
  mails: [mail(NOW - 6 * DAY_MS), mail(NOW)],
  ifCapped: { kind: 'skip' },
  since: NOW,
};

it('a full cap skips, or holds as long as it may, with its numbers; transactional mail passes', () => {
  const seen = {
    of: 'project',
    rule: 'at_most 2 within 7 days',
    counted: 2,
    at_most: 2,
    free_at: '2026-03-19T12:00:00.000Z',
  };
  const decide = (over: Partial<Limits>) => decideMessage(QUESTION, { ...LIMITS, ...over });
  expect(decide({})).toMatchObject({ skipped: 'cap', detail: seen, gates: { cap: seen } });
  const wait = (ms: number) => decide({ ifCapped: { kind: 'wait', ms } });
  expect(wait(DAY_MS)).toMatchObject({ held: { until: NOW + DAY_MS, because: 'cap' } });
  expect(wait(DAY_MS - 1)).toMatchObject({ skipped: 'cap' });
  expect(decide({ mails: [] })).toMatchObject({
    send: { address: 'ann@example.com' },
    gates: { cap: { counted: 0, at_most: 2 } },
  });
  const receipt = decideMessage({ ...QUESTION, purpose: 'transactional' }, LIMITS);
  expect(receipt).toMatchObject({ send: { address: 'ann@example.com' } });
  expect(receipt.gates.cap).toBeUndefined();
});

it('more than a cap allows, because it was lowered: there is room when so many have left', () => {
  const mails = [6, 5, 1].map((days) => mail(NOW - days * DAY_MS));
  const look = lookAtCaps(of(week), mails, { campaign: 'a', at: NOW, zone: 'UTC' })!;
  expect(look.seen).toMatchObject({ counted: 3, at_most: 2 });
  expect(look.freeAt).toBe(NOW + 2 * DAY_MS);
});

it('mails are known as far back as the month began wherever somebody is', () => {
  expect(capsReach(of(each('month')), at('2026-01-31T23:00:00Z'))).toBeLessThan(
    at('2025-12-31T10:00:00Z'),
  );
});

it('a closed window is waited for, and whether there is room is asked when it opens', () => {
  const window = {
    of: 'project' as const,
    window: {
      days: [1, 2, 3, 4, 5, 6, 7],
      from: { hour: 13, minute: 0 },
      until: { hour: 17, minute: 0 },
      zone: 'UTC',
    },
  };
  const held = decideMessage(QUESTION, { ...LIMITS, window });
  expect(held).toMatchObject({ held: { until: NOW + HOUR, because: 'window' } });
  expect(held.gates.cap).toBeUndefined();
  expect(decideMessage(QUESTION, { ...LIMITS, window, at: NOW + HOUR })).toMatchObject({
    skipped: 'cap',
  });
});

it('whoever sends whenever there is room never sends more, and never waits longer than it takes', () => {
  const caps = fc.array(
    fc.oneof(
      fc.record({
        kind: fc.constant('within' as const),
        ms: fc.integer({ min: 1, max: 40 }).map((n) => n * 6 * HOUR),
      }),
      fc.record({
        kind: fc.constant('each' as const),
        unit: fc.constantFrom('day' as const, 'week' as const, 'month' as const),
      }),
    ),
    { minLength: 1, maxLength: 3 },
  );
  const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'Pacific/Kiritimati');
  fc.assert(
    fc.property(caps, fc.integer({ min: 1, max: 4 }), zones, (spans, atMost, zone) => {
      const rules = of(...spans.map((span): Cap => ({ atMost, topic: null, ...span })));
      const mails: CountedMail[] = [];
      let now = at('2026-03-20T12:00:00Z');
      for (let n = 0; n < 20; n++) {
        const look = lookAtCaps(rules, mails, { campaign: 'a', at: now, zone })!;
        if (look.freeAt === null) {
          mails.push(mail(now));
          continue;
        }
        // A millisecond earlier there is none, so nothing was waited for in vain.
        const before = lookAtCaps(rules, mails, { campaign: 'a', at: look.freeAt - 1, zone })!;
        expect(before.freeAt).not.toBeNull();
        expect(look.freeAt).toBeGreaterThan(now);
        now = look.freeAt;
      }
      for (const { cap } of rules) {
        if (cap.kind !== 'within') continue;
        for (const last of mails) {
          const inside = mails.filter(({ at: one }) => one <= last.at && one > last.at - cap.ms);
          expect(inside.length).toBeLessThanOrEqual(atMost);
        }
      }
      // What lies behind the reach makes no difference.
      const since = capsReach(rules, now);
      expect(lookAtCaps(rules, mails, { campaign: 'a', at: now, zone })).toEqual(
        lookAtCaps(
          rules,
          mails.filter((one) => one.at >= since),
          { campaign: 'a', at: now, zone },
        ),
      );
    }),
  );
});
