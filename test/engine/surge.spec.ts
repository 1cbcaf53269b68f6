/** A surge: so many enter as are allowed within an hour, the others wait for somebody, who lets them in or does not. */
import { admitHeld, dismissHeld, listSurges } from '../../src/campaigns/surges.sql.js';
import { campaignFigures } from '../../src/delivery/campaigns.sql.js';
import { VirtualClock } from '../../src/core/clock.js';
import { ShardLoop } from '../../src/engine/shard-loop.js';
import type { Surge } from '../../src/language/definitions.js';
import { at, campaign, DAY, eventEntry, onEvent, Scenario, send } from './scenario.js';

const T0 = at('2026-01-05 12:00');
const HOUR = DAY / 24;

let story: Scenario;
let clock: VirtualClock;
let engines: ShardLoop[];
beforeEach(async () => {
  story = await Scenario.open();
  clock = new VirtualClock(T0);
  engines = [0, 90, 170].map(
    (firstShard) =>
      new ShardLoop({
        source: story.db.pool,
        clock,
        wakeUps: { wake: () => undefined },
        onFailure: (error) => {
          throw error;
        },
        onParked: (_, error) => {
          throw error;
        },
        firstShard,
      }),
  );
});
afterEach(() => story.close());

/** A campaign that an event starts, and people who did it `times` at T0. */
async function prepare(surge: Surge, people: number): Promise<number[]> {
  await story.apply({
    project: { surge },
    campaigns: [
      campaign('tips', eventEntry('order'), [send('one')], {
        exit: [{ kind: 'event', match: onEvent('login'), same: null, label: 'event login' }],
      }),
    ],
  });
  const ids: number[] = [];
  for (let n = 0; n < people; n++) ids.push(await story.profile());
  await story.advance(T0 - 1);
  for (const id of ids) await story.track(id, 'order', T0);
  return ids;
}

/** As production does: one engine, or three at once. */
async function settle(when: number, many = false): Promise<void> {
  clock.advanceTo(when);
  await Promise.all(engines.slice(0, many ? 3 : 1).map((engine) => engine.run()));
}

async function counts(): Promise<Record<string, number>> {
  const { rows } = await story.connection.query<Record<string, number>>(
    `select (select count(*) from enrolments)::int as entered, (select count(*) from held_entries)::int as held,
       (select count(*) from entry_refusals where reason = 'surge_held')::int as refused,
       (select count(*) from messages)::int as messages`,
  );
  return rows[0]!;
}

it('lets in as many as are allowed, holds the others back with the numbers, and goes on when told so', async () => {
  const people = await prepare({ count: 10 }, 25);
  await settle(T0);
  expect(await counts()).toEqual({ entered: 10, held: 15, refused: 15, messages: 10 });
  expect(await listSurges(story.connection)).toEqual([
    { campaign: 'tips', since: T0, allowed: 10, entered: 10, held: 15 },
  ]);
  const { rows } = await story.connection.query('select distinct detail from entry_refusals');
  expect(rows).toEqual([{ detail: { allowed: 10, entered: 10, within: '1 hour' } }]);
  // Also whoever comes a day later waits, while nobody has decided.
  const late = await story.profile();
  await story.track(late, 'order', T0 + DAY);
  await settle(T0 + DAY);
  expect(await counts()).toMatchObject({ entered: 10, held: 16 });
  expect(await admitHeld(story.connection, { campaign: 'tips', now: T0 + DAY })).toBe(16);
  await settle(T0 + DAY);
  expect(await counts()).toEqual({ entered: 26, held: 0, refused: 16, messages: 26 });
  const told = await story.connection.query<{ n: number }>(
    `select count(*)::int as n from entry_refusals where detail @> '{"entered": 10, "let_in_at": "${new Date(T0 + DAY).toISOString()}"}'`,
  );
  expect(told.rows).toEqual([{ n: 16 }]);
  const figures = await campaignFigures(story.connection, { id: 'tips', steps: [] });
  expect(figures).toMatchObject({ entered: 26, refused: {}, letIn: 16 });
  expect(await story.messages(people.at(-1))).toEqual(['one@2026-01-06 12:00']);
  expect(await admitHeld(story.connection, { campaign: 'tips', now: T0 + DAY })).toBeNull();
});

it('is told once, however many rounds one transaction has', async () => {
  const people = await prepare({ count: 10 }, 12);
  for (const id of people.slice(0, 5)) await story.track(id, 'order', T0 + 1);
  for (let n = 0; n < 3; n++) await story.track(await story.profile(), 'order', T0 + 2);
  await settle(T0 + HOUR);
  expect(await counts()).toMatchObject({ entered: 10, held: 5 });
  expect(await listSurges(story.connection)).toHaveLength(1);
});

it('for an hour after that nobody is held back, and then it counts anew', async () => {
  await prepare({ count: 10 }, 11);
  await settle(T0);
  await admitHeld(story.connection, { campaign: 'tips', now: T0 });
  const come = async (n: number, when: number) => {
    for (let k = 0; k < n; k++) await story.track(await story.profile(), 'order', when);
    await settle(when);
  };
  await come(20, T0 + HOUR - 1);
  expect(await counts()).toMatchObject({ entered: 31, held: 0 });
  await come(12, T0 + HOUR + 1);
  expect(await counts()).toMatchObject({ entered: 41, held: 2 });
  expect(await dismissHeld(story.connection, { campaign: 'tips' })).toBe(2);
  await come(3, T0 + 3 * HOUR);
  expect(await counts()).toMatchObject({ entered: 44, held: 0 });
  expect(await listSurges(story.connection)).toEqual([]);
});

it('three engines at once lose nobody, and let in hardly more than is allowed', async () => {
  await prepare({ count: 10 }, 90);
  await settle(T0, true);
  const { entered, held } = await counts();
  expect(entered! + held!).toBe(90);
  expect(entered).toBeGreaterThanOrEqual(10);
  expect(entered).toBeLessThanOrEqual(30);
});

it('a share is one of all profiles; in a simulation nobody is held back', async () => {
  await prepare({ share: 1_000 }, 40);
  await story.connection.query('analyze profiles');
  await settle(T0);
  expect(await counts()).toMatchObject({ entered: 4, held: 36 });
  const other = await story.profile();
  await story.track(other, 'order', T0 + HOUR);
  await story.advance(T0 + HOUR);
  expect(await story.messages(other)).toHaveLength(1);
});
