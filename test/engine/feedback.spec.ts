/** What becomes of a mail is heard by campaigns: at once, once, of people and not of programs, and too late it starts nothing. */
import type { FeedbackKind } from '../../src/core/feedback-kinds.js';
import { instantToSql } from '../../src/core/instant.js';
import { recordFeedback, type Recorded } from '../../src/feedback/record-feedback.js';
import { checkSources } from '../../src/language/check.js';
import { applyDefinitions } from '../../src/definitions/apply-definitions.js';
import { fixtureSources } from '../language/fixture-files.js';
import { DAY, Scenario } from './scenario.js';
import { T0 } from './story-parts.js';

const HOUR = DAY / 24;

let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
  const { definitions, diagnostics } = checkSources(fixtureSources(DEFINITIONS));
  if (!definitions) throw new Error(JSON.stringify(diagnostics));
  await applyDefinitions(story.db.dataSource, definitions, { by: 'test', at: T0 - DAY });
});
afterEach(() => story.close());

const DEFINITIONS = `#: config/campaigns/offer.yaml
topic: offers
enter: { event: begun, again: always }
steps:
  - send: welcome
  - wait_for: { message: offer/welcome, was: clicked, since: entry }
    at_most: 2 days
    then: [{ send: welcome, id: thanks }]
    else: [{ send: welcome, id: reminder }]
#: config/campaigns/sorry.yaml
topic: offers
enter: { segment: angry }
steps: [{ send: welcome, id: sorry }]
#: config/segments/angry.yaml
who: { message: any, was: complained }
#: config/segments/keen.yaml
who: { message: offer, was: opened, count: { at_least: 2 }, within_last: 30 days }
#: config/segments/silent.yaml
who:
  all:
    - { message: offer, was: sent }
    - { message: offer, was: clicked, never: true, within_last: 7 days }
`;

async function sent(profile: number): Promise<number> {
  const { rows } = await story.connection.query<{ id: number }>(
    `update messages set state = 'sent', settled_at = due_at where profile_id = $1 and state = 'pending' returning id`,
    [profile],
  );
  return rows[0]!.id;
}

const tell = (
  message: number,
  kind: FeedbackKind,
  at: number,
  more: { now?: number; machine?: boolean; id?: string } = {},
): Promise<Recorded> => {
  const { now = at, machine = false, id = null } = more;
  const item = { message, kind, at, id, url: null, said: null, machine };
  return recordFeedback(story.connection, [item], { source: 'test', now });
};

/** The segments that the profile is in. */
async function membersOf(profile: number): Promise<string[]> {
  const { rows } = await story.connection.query<{ segment: string }>(
    `select segment from segment_states where profile_id = $1 and member order by segment`,
    [profile],
  );
  return rows.map(({ segment }) => segment);
}

const begun = async (): Promise<{ ann: number; message: number }> => {
  const ann = await story.profile();
  await story.advance(T0 - 1);
  await story.track(ann, 'begun', T0);
  await story.advance(T0);
  return { ann, message: await sent(ann) };
};

it('who clicks goes one way at that moment, who is only scanned the other', async () => {
  const { ann, message } = await begun();
  const bob = await story.profile({ email: 'bob@example.com' });
  await story.track(bob, 'begun', T0 + 1);
  await story.advance(T0 + 1);
  const scanned = await sent(bob);
  expect(await tell(message, 'clicked', T0 + HOUR)).toEqual({
    stored: 1,
    repeated: 0,
    refused: [],
  });
  await tell(scanned, 'clicked', T0 + HOUR, { machine: true });
  await story.advance(T0 + 3 * DAY);
  expect(await story.messages(ann)).toEqual([
    'welcome@2026-01-05 12:00',
    'thanks@2026-01-05 13:00',
  ]);
  expect(await story.messages(bob)).toEqual([
    'welcome@2026-01-05 12:00:00.001',
    'reminder@2026-01-07 12:00:00.001',
  ]);
});

it('a click that is told hours later counts from when it is told', async () => {
  const { ann, message } = await begun();
  await story.advance(T0 + 6 * HOUR);
  await tell(message, 'clicked', T0 + HOUR, { now: T0 + 7 * HOUR });
  await story.advance(T0 + 8 * HOUR);
  expect(await story.messages(ann)).toEqual([
    'welcome@2026-01-05 12:00',
    'thanks@2026-01-05 19:00',
  ]);
});

it('openings are counted each, told twice once; never is true again when the window has passed', async () => {
  const { ann, message } = await begun();
  const members = (): Promise<string[]> => membersOf(ann);
  await story.advance(T0 + 1);
  expect(await members()).toEqual(['silent']);
  await tell(message, 'opened', T0 + HOUR, { id: 'one' });
  expect(await tell(message, 'opened', T0 + 2 * HOUR, { id: 'one' })).toMatchObject({
    stored: 0,
    repeated: 1,
  });
  await story.advance(T0 + 2 * HOUR);
  expect(await members()).toEqual(['silent']);
  await tell(message, 'opened', T0 + 3 * HOUR, { id: 'two' });
  await tell(message, 'clicked', T0 + 3 * HOUR);
  await story.advance(T0 + 4 * HOUR);
  expect(await members()).toEqual(['keen']);
  await story.advance(T0 + 8 * DAY);
  expect(await members()).toEqual(['keen', 'silent']);
  await story.advance(T0 + 40 * DAY);
  expect(await members()).toEqual(['silent']);
});

it('a complaint keeps mail from the address and begins a campaign; told a day late it only counts', async () => {
  const { ann, message } = await begun();
  await tell(message, 'complained', T0 + HOUR, { now: T0 + 3 * DAY });
  await story.advance(T0 + 3 * DAY);
  expect(await membersOf(ann)).toContain('angry');
  const { rows } = await story.connection.query(
    `select campaign, count(*) from enrolments group by 1 order by 1`,
  );
  expect(rows).toEqual([{ campaign: 'offer', count: 1 }]);
  const suppressed = await story.connection.query('select address, reason from suppressions');
  expect(suppressed.rows).toEqual([{ address: 'ann@example.com', reason: 'complaint' }]);
});

it('proves that a message of unknown fate arrived; of one that never left nothing is taken', async () => {
  const { message } = await begun();
  await story.connection.query(
    `update messages set state = 'ambiguous', reason = 'worker_lost' where id = $1`,
    [message],
  );
  await tell(message, 'opened', T0 + HOUR);
  const { rows } = await story.connection.query(
    `select state, reason, settled_at from messages where id = $1`,
    [message],
  );
  expect(rows).toEqual([{ state: 'sent', reason: null, settled_at: expect.anything() }]);
  await story.connection.query(
    `update messages set state = 'skipped', reason = 'cap', settled_at = $2 where id = $1`,
    [message, instantToSql(T0)],
  );
  expect(await tell(message, 'clicked', T0 + HOUR)).toEqual({
    stored: 0,
    repeated: 0,
    refused: [{ index: 0, because: 'not_sent' }],
  });
});
