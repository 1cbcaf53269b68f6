/** Explanations of what the engine decided: where somebody stands, why it did not enter, as of now and of back then. */
import type { Condition, OnePerAccount } from '../../src/language/definitions.js';
import { loadCampaign } from '../../src/delivery/campaigns.sql.js';
import { describeExplanation } from '../../src/delivery/describe-explanation.js';
import { explainProfile } from '../../src/delivery/explain-profile.js';
import {
  broadcastEntry,
  campaign,
  DAY,
  eventEntry,
  onEvent,
  Scenario,
  segment,
  segmentEntry,
  send,
  wait,
} from '../engine/scenario.js';
import { isPro, ordered, T0 } from '../engine/story-parts.js';

let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
});
afterEach(() => story.close());

const never = (name: string, ms: number): Condition => ({
  kind: 'event',
  names: { kind: 'list', names: [name] },
  occurrence: null,
  where: [],
  window: { kind: 'within_last', ms },
  quantity: { kind: 'never' },
});

const bigEnough: Condition = {
  kind: 'entry',
  path: ['total'],
  tests: [{ op: 'at_least', value: 50, negated: false }],
};

async function explain(profileId: number, id: string, now: number, at = now) {
  const sql = story.connection;
  const loaded = (await loadCampaign(sql, id, now))!;
  const explained = (await explainProfile(sql, { profileId, campaign: loaded, now, at }))!;
  return { ...explained, text: describeExplanation(explained, { who: 'ann', campaign: loaded }) };
}

it('not in the segment: which clause, what it saw, what would have to change, when it does by itself', async () => {
  await story.apply({
    segments: [segment('lapsed', { kind: 'all', of: [isPro, never('login', 7 * DAY)] })],
    campaigns: [campaign('c', segmentEntry('lapsed'), [send('a')])],
  });
  const ann = await story.profile({ plan: 'pro' });
  await story.track(ann, 'login', T0);
  await story.advance(T0 + DAY);
  const { text, way } = await explain(ann, 'c', T0 + DAY);
  expect(way.who).toMatchObject({ turnsAt: T0 + 7 * DAY });
  expect(text).toBe(`ann and c v1 (live), as of 2026-01-06 12:00 in UTC

never asked to enter: it is not in the segment lapsed

The way in (✓ true, ✗ false, ? undecided)
  who:
    ✗ all — may change at 2026-01-12 12:00
      ✓ trait: plan, is: pro — it is "pro"
      ✗ event: login, within_last: 7 days, never: true — 1 of it, the last at 2026-01-05 12:00; may change at 2026-01-12 12:00
    what would have to change; by itself it does at 2026-01-12 12:00:
      ✗ event: login, within_last: 7 days, never: true — 1 of it, the last at 2026-01-05 12:00; may change at 2026-01-12 12:00

Were it to enter now, nothing would keep its first mail back.
`);
});

it('of a choice every way out is named; what time does not bring is said so', async () => {
  const isBig: Condition = { ...bigEnough, kind: 'trait', path: ['seats'] };
  await story.apply({
    segments: [segment('s', { kind: 'all', of: [{ kind: 'any', of: [isPro, isBig] }, isPro] })],
    campaigns: [campaign('c', segmentEntry('s'), [send('a')])],
  });
  const ann = await story.profile({ plan: 'free' });
  await story.advance(T0);
  const { text } = await explain(ann, 'c', T0);
  expect(text).toContain(
    `    what would have to change; by itself it does not:
      ? all
        ? any
          ✗ trait: plan, is: pro — it is "free"
          ? trait: seats, at_least: 50 — it is missing
        ✗ trait: plan, is: pro — it is "free"
`.replace('? all', '✗ all'),
  );
});

it('in it: at which step until when, what would end it and when that comes by itself', async () => {
  const active = { ...ordered({ kind: 'once' }), window: { kind: 'within_last', ms: 10 * DAY } };
  const exit = [
    { kind: 'event' as const, match: onEvent('left'), same: null, label: 'event left' },
    { kind: 'state' as const, condition: isPro, label: 'trait plan' },
  ];
  await story.apply({
    campaigns: [
      campaign('c', eventEntry('begun'), [send('a'), wait('w', 20), send('b')], {
        exit,
        while: active as Condition,
        endsAfterMs: 30 * DAY,
      }),
    ],
  });
  const ann = await story.profile({ plan: 'free' });
  await story.track(ann, 'order', T0);
  await story.track(ann, 'begun', T0);
  await story.advance(T0 + DAY);
  const { text, verdict } = await explain(ann, 'c', T0 + DAY);
  expect(verdict).toMatchObject({ is: 'in_it', step: { id: 'w' } });
  expect(text).toContain('is in it since 2026-01-05 12:00, at w, and goes on at 2026-01-25');
  expect(text).toContain(`It ends by
  · exit: event: left
  ✗ exit: trait: plan, is: pro — it is "free"
  ✓ while: event: order, within_last: 10 days — 1 of it, the last at 2026-01-05 12:00 — by itself at 2026-01-15 12:00
  · ends_after: 30 days — by itself at 2026-02-04 12:00
`);
});

it('waits for a state: the clauses as of the wait', async () => {
  const rule = { kind: 'state' as const, condition: isPro, label: 'trait plan' };
  const waiting = { id: 'q', if: null, kind: 'wait_for', rule, atMostMs: DAY, then: [], else: [] };
  await story.apply({
    campaigns: [campaign('c', eventEntry('begun'), [waiting as never, send('a')])],
  });
  const ann = await story.profile({ plan: 'free' });
  await story.track(ann, 'begun', T0);
  await story.advance(T0);
  expect((await explain(ann, 'c', T0)).text).toContain(
    'It waits for\n  ✗ wait_for: trait: plan, is: pro — it is "free"',
  );
});

it('refused by `if`: the clause as it was then, with the data of the event', async () => {
  await story.apply({
    campaigns: [campaign('c', eventEntry('paid', { if: bigEnough }), [send('a')])],
  });
  const ann = await story.profile();
  await story.track(ann, 'paid', T0, { total: 20 });
  await story.advance(T0);
  const { text } = await explain(ann, 'c', T0 + DAY);
  expect(text).toContain('did not enter at 2026-01-05 12:00: `if` is not true');
  expect(text).toMatch(
    /2026-01-05 12:00 by an event: `if` is not true\n {4}✗ entry: total, at_least: 50 — it is 20\n/,
  );
});

it('refused by an exit that was true, by a broadcast too; by `again` with its numbers', async () => {
  const exit = [{ kind: 'state' as const, condition: isPro, label: 'trait plan' }];
  await story.apply({
    campaigns: [
      campaign('c', eventEntry('begun'), [send('a')], { exit }),
      campaign('d', eventEntry('begun', { again: { kind: 'after', ms: 90 * DAY } }), [send('a')]),
      campaign('e', broadcastEntry(isPro), [send('a')]),
    ],
  });
  const ann = await story.profile({ plan: 'pro' });
  await story.track(ann, 'begun', T0);
  await story.track(ann, 'begun', T0 + DAY);
  await story.setTrait(ann, 'plan', 'free', T0 + 2 * DAY);
  await story.advance(T0 + 2 * DAY);
  const barred = await explain(ann, 'c', T0 + 3 * DAY);
  expect(barred.text).toContain('what ends it was there already: exit trait plan');
  // As it was then; by now it would not bar.
  expect(barred.refusals[0]!.why).toMatchObject({ holds: true, seen: { value: 'pro' } });
  expect(barred.way.bars).toMatchObject([{ bars: false, clause: { seen: { value: 'free' } } }]);
  const again = await explain(ann, 'd', T0 + 3 * DAY);
  expect(again.text).toContain('again lets it in at 2026-04-05 12:00');
  expect(again.text).toContain(
    '`again` is not over: free at 2026-04-05 12:00, entered at 2026-01-05 12:00',
  );
  const { way, text } = await explain(ann, 'e', T0 + 3 * DAY);
  // A single clause is not told twice.
  expect(text).toContain(
    `  who:
    ✗ trait: plan, is: pro — it is "free"
    that would have to change; by itself it does not
`,
  );
  expect(way.who).toMatchObject({ clause: { holds: false }, turnsAt: Infinity });
  expect(text).toContain('never asked to enter: there was no broadcast yet');
});

it('mails that were not sent are told with their reason and numbers, steps with their `if`', async () => {
  await story.apply({
    campaigns: [
      campaign(
        'c',
        eventEntry('begun'),
        [send('a', { if: isPro }), send('b'), wait('w', 9), send('z')],
        {
          topic: 'tips',
        },
      ),
    ],
  });
  const ann = await story.profile({ plan: 'free' });
  await story.track(ann, 'begun', T0);
  await story.advance(T0);
  await story.setTrait(ann, 'plan', 'pro', T0 + DAY);
  const { text, mail } = await explain(ann, 'c', T0 + 2 * DAY);
  expect(text).toContain(
    ' a: passed by: `if` is not true\n      ✗ trait: plan, is: pro — it is "free"\n',
  );
  expect(text).toContain(
    'b: not sent (it is not subscribed): topic tips, never subscribed; the topic is not subscribed by default [message',
  );
  expect(text).toContain('What keeps its next mail back now\n  it is not subscribed: topic tips');
  expect(mail.obstacles).toEqual(['unsubscribed']);
});

it('a step that decided to send says what became of its mail', async () => {
  await story.apply({
    campaigns: [campaign('c', eventEntry('begun'), [send('a')], { purpose: 'transactional' })],
  });
  const ann = await story.profile();
  await story.track(ann, 'begun', T0);
  await story.advance(T0);
  const told = async (state: string, reason: string | null) => {
    await story.connection.query(
      `update messages set state = $1, reason = $2, worker = null, settled_at = case when $1 = 'pending' then null else decided_at end`,
      [state, reason],
    );
    const { text } = await explain(ann, 'c', T0);
    return /: it went through all steps.*\n.* a: (.*)/.exec(text)?.[1];
  };
  expect(await told('pending', null)).toBe('decided to send: is to be sent');
  expect(await told('failed', 'mailbox_full')).toBe(
    'decided to send: failed (the mailbox is full)',
  );
  expect(await told('ambiguous', 'connection_lost')).toBe(
    'decided to send: nobody knows whether it arrived (the connection was lost)',
  );
  expect(await told('sent', null)).toBe('sent');
});

it('whoever enters no more has no next mail; whoever is not in it has a first one', async () => {
  await story.apply({
    campaigns: [
      campaign('c', eventEntry('begun'), [send('a')]),
      campaign('d', eventEntry('begun', { again: { kind: 'always' } }), [send('a')]),
    ],
  });
  const ann = await story.profile({ email: null });
  const bob = await story.profile({ email: null });
  await story.track(ann, 'begun', T0);
  await story.advance(T0);
  const gone = await explain(ann, 'c', T0 + DAY);
  expect(gone.mail).toMatchObject({ next: 'none', obstacles: [] });
  expect(gone.text).toContain('  ✗ again: never — it was in it\n');
  expect(gone.text).toMatch(/\n\nNo mail of it comes any more\.\n$/);
  const first =
    'What would keep its first mail back, were it to enter now\n  it has no mail address';
  expect((await explain(ann, 'd', T0 + DAY)).text).toContain(first);
  expect((await explain(bob, 'c', T0 + DAY)).text).toContain(first);
});

it('of a company: who goes first, then who is in it, and with whom the refusal was', async () => {
  const rule: OnePerAccount = { prefer: [isPro], otherwise: 'oldest' };
  const enter = eventEntry('begun', { again: { kind: 'always' }, onePerAccount: rule });
  await story.apply({ campaigns: [campaign('c', enter, [wait('w', 3), send('a')])] });
  const ann = await story.profile({ plan: 'free' }, T0 - 2 * DAY);
  const bob = await story.profile({ plan: 'pro' }, T0 - DAY);
  await story.connection.query(
    `with acme as (insert into accounts (external_id, created_at) values ('acme', '2026-01-01') returning id)
     update profiles set account_id = acme.id from acme`,
  );
  await story.connection.query(
    `insert into profile_keys (kind, value, profile_id, stated) values ('user', 'bob', $1, 1)`,
    [bob],
  );
  const says =
    'one_per_account: { prefer: [{ trait: plan, is: pro }], otherwise: oldest } — one of 2 of its company';
  expect((await explain(ann, 'c', T0)).text).toContain(
    `  · ${says}: where several would enter at once, bob (profile ${bob}) goes first (trait: plan, is: pro)\n`,
  );
  expect((await explain(bob, 'c', T0)).text).toContain(
    `  ✓ ${says}: it goes first (trait: plan, is: pro)\n`,
  );
  await story.track(bob, 'begun', T0);
  await story.track(ann, 'begun', T0 + DAY);
  await story.advance(T0 + DAY);
  const taken = await explain(ann, 'c', T0 + DAY);
  expect(taken.text).toContain(`  ✗ ${says}: bob (profile ${bob}) is in it\n`);
  expect(taken.text).toMatch(
    new RegExp(`somebody else of its company is in it: account \\d+, profile ${bob}\\n`),
  );
  // As of before it began, and after it is over, it is free again.
  expect((await explain(ann, 'c', T0 + DAY, T0 - 1)).way.company).toMatchObject({ inIt: null });
});

it('refused because this value of `per` had been: it was in it, and why the second one was none', async () => {
  const enter = eventEntry('issued', { per: ['issue'] });
  await story.apply({ campaigns: [campaign('c', enter, [send('a')])] });
  const ann = await story.profile();
  await story.track(ann, 'issued', T0, { issue: 7 });
  await story.track(ann, 'issued', T0 + DAY, { issue: 7 });
  await story.advance(T0 + DAY);
  const { text } = await explain(ann, 'c', T0 + DAY);
  expect(text).toContain(
    `was in it from 2026-01-05 12:00 to 2026-01-05 12:00: it went through all steps; did not enter again at 2026-01-06 12:00: this value of issue was in it before (per:)
`,
  );
  expect(text).toContain(
    'an event: this value of issue was in it before (per:): entered at 2026-01-05 12:00\n',
  );
});

it('as of back then: what came later is left out, the definitions and memberships are those of then', async () => {
  await story.apply({
    segments: [segment('pros', isPro)],
    campaigns: [campaign('c', segmentEntry('pros'), [wait('w', 5), send('a')])],
  });
  await story.advance(T0);
  const ann = await story.profile({ plan: 'free' });
  await story.setTrait(ann, 'plan', 'pro', T0 + DAY);
  await story.advance(T0 + DAY);
  await story.setTrait(ann, 'plan', 'free', T0 + 3 * DAY);
  await story.advance(T0 + 4 * DAY);
  await story.apply({ campaigns: [] });
  const later = T0 + 10 * DAY;
  const before = await explain(ann, 'c', later, T0);
  expect(before.verdict).toMatchObject({ is: 'never_asked', missing: { what: 'membership' } });
  expect(before.way.who!.clause).toMatchObject({ holds: false, seen: { value: 'free' } });
  const during = await explain(ann, 'c', later, T0 + 2 * DAY);
  expect(during.verdict).toMatchObject({
    is: 'in_it',
    enrolment: { step: 'w', endedAt: null, endReason: null },
  });
  expect(during.text).toContain('is in it since 2026-01-06 12:00, at w');
  expect(during.text).toContain('left_segment: pros');
  const after = await explain(ann, 'c', later, T0 + 4 * DAY);
  expect(after.verdict).toMatchObject({
    is: 'was_in_it',
    enrolment: { endReason: 'exited', endBecause: 'left_segment' },
  });
});

it('of a passage that a state ended: what was so then, not now', async () => {
  const stays = campaign('c', eventEntry('begun'), [wait('w', 9)], { while: isPro });
  await story.apply({ campaigns: [stays] });
  const ann = await story.profile({ plan: 'pro' });
  await story.track(ann, 'begun', T0);
  await story.advance(T0);
  await story.setTrait(ann, 'plan', 'free', T0 + DAY);
  await story.setTrait(ann, 'plan', 'pro', T0 + 2 * DAY);
  await story.advance(T0 + 3 * DAY);
  const { text, enrolments } = await explain(ann, 'c', T0 + 3 * DAY);
  expect(enrolments[0]!.why).toMatchObject({ holds: false });
  expect(text).toContain(
    '`while` was not true any more, at 2026-01-06 12:00\n    ✗ trait: plan, is: pro — it is "free"\n',
  );
});
