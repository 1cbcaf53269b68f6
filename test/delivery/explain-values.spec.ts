/** Each clause with its value: members of a company, none at all, and an event that came by an import. */
import { loadCampaign } from '../../src/delivery/campaigns.sql.js';
import { describeExplanation } from '../../src/delivery/describe-explanation.js';
import { explainProfile } from '../../src/delivery/explain-profile.js';
import type { Condition } from '../../src/language/definitions.js';
import {
  campaign,
  DAY,
  eventEntry,
  onEvent,
  Scenario,
  segment,
  segmentEntry,
  send,
} from '../engine/scenario.js';
import { isPro, T0 } from '../engine/story-parts.js';

let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
});
afterEach(() => story.close());

async function explain(profileId: number, now: number) {
  const loaded = (await loadCampaign(story.connection, 'c', now))!;
  const asked = { profileId, campaign: loaded, now, at: now };
  const explained = (await explainProfile(story.connection, asked))!;
  return { ...explained, text: describeExplanation(explained, { who: 'ann', campaign: loaded }) };
}

it('`account:` says how many members there are, of how many it is true, and that there is no company', async () => {
  const members = (who: Condition | null): Condition => ({
    kind: 'account',
    of: { kind: 'members', tests: [{ op: 'at_least', value: 3, negated: false }], who },
  });
  const company: Condition = { kind: 'account', of: { kind: 'all', of: [isPro, isPro] } };
  const who: Condition = { kind: 'all', of: [members(isPro), members(null), company] };
  await story.apply({
    segments: [segment('teams', who)],
    campaigns: [campaign('c', segmentEntry('teams'), [send('a')])],
  });
  const ann = await story.profile({ plan: 'pro' });
  await story.profile({ plan: 'free' });
  await story.connection.query(
    `with acme as (insert into accounts (external_id, created_at, traits) values ('acme', '2026-01-01', '{"plan": "team"}') returning id)
     update profiles set account_id = acme.id from acme`,
  );
  const loner = await story.profile({ plan: 'pro' });
  await story.advance(T0);
  const { text } = await explain(ann, T0);
  expect(text).toMatch(/✗ account: \{ members: \{ at_least: 3 \}, who: .* — 1 member\n/);
  expect(text).toMatch(/✗ account: \{ members: \{ at_least: 3 \} \} — 2 members\n/);
  expect(text).toMatch(/✗ account: .*plan.*is: pro.* — it is "team"\n/);
  const alone = (await explain(loner, T0)).text;
  const lines = alone.split('\n').filter((line) => /^ {6}\? account:/.test(line));
  expect(lines).toHaveLength(3);
  for (const line of lines) expect(line).toMatch(/ — it belongs to no company$/);
});

it('an event that came by an import starts nothing, and is said to; what would have to come is said too', async () => {
  const match = onEvent('cancelled');
  match.where.push({
    path: ['seats'],
    tests: [{ op: 'at_least', value: 5, negated: false }],
  } as never);
  await story.apply({
    campaigns: [campaign('c', { ...eventEntry('cancelled'), match } as never, [send('a')])],
  });
  const ann = await story.profile();
  const none = (await explain(ann, T0)).text;
  expect(none).toContain('never asked to enter: no event cancelled came that fits\n');
  expect(none).toContain(
    '— none came\n    what would have to come: such an event; by itself it does not\n',
  );
  await story.track(ann, 'cancelled', T0, { seats: 2 });
  await story.advance(T0);
  expect((await explain(ann, T0)).text).toContain(
    `    what would have to come: another one that passes seats: { at_least: 5 }; by itself it does not\n`,
  );
  await story.track(ann, 'cancelled', T0 + DAY, { seats: 7 });
  await story.connection.query(`update events set historical = true where occurred_at > $1`, [
    new Date(T0).toISOString(),
  ]);
  const imported = await explain(ann, T0 + DAY);
  expect(imported.way.event).toMatchObject({ holds: false, tests: [{ holds: true }] });
  expect(imported.text).toContain(
    'never asked to enter: the event cancelled came by an import only, and what is imported starts nothing\n',
  );
  expect(imported.text).toMatch(
    /✗ event: cancelled.*, by an import: what is imported starts nothing\n/,
  );
  expect(imported.text).toContain(
    '    what would have to come: another one, not by an import; by itself it does not\n',
  );
});

it('how it was when it entered: by the event that let it in, also where another one came at that instant', async () => {
  const match = onEvent('ping');
  match.where.push({
    path: ['n'],
    tests: [{ op: 'at_least', value: 1, negated: false }],
  } as never);
  const enter = { ...eventEntry('ping'), match, again: { kind: 'always' } };
  await story.apply({ campaigns: [campaign('c', enter as never, [send('a')])] });
  const ann = await story.profile();
  await story.track(ann, 'ping', T0, { n: 2 });
  await story.track(ann, 'ping', T0, { n: 0 });
  await story.advance(T0);
  const { entered } = await explain(ann, T0);
  expect(entered?.event).toMatchObject({ holds: true, tests: [{ holds: true, value: 2 }] });
});
