/** Entry by a change of a trait: from what, to what, each change once, and not what was stated too long ago. */
import { traitEntry } from './entries.js';
import { campaign, DAY, Scenario, send } from './scenario.js';
import { T0 } from './story-parts.js';

const HOUR = DAY / 24;
let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
});
afterEach(() => story.close());

const begin = (trait: string, options: Record<string, unknown> = {}): Promise<void> =>
  story.apply({ campaigns: [campaign('c', traitEntry(trait, options), [send('a')])] });

it('enters at each change that passes both tests, with both values as data', async () => {
  const more = { op: 'more_than', value: 0, negated: false };
  const none = { op: 'is', value: 0, negated: false };
  await begin('queue.open', { from: [more], to: [none] });
  const ann = await story.profile({ queue: { open: 0 } });
  const queue = (open: number | null, hours: number, name = 'q') =>
    story.setTrait(ann, 'queue', { open, name }, T0 + hours * HOUR);
  await queue(5, 1);
  await queue(0, 2);
  // Another part of the same trait changes, then one test or the other fails.
  await queue(0, 3, 'other');
  await queue(null, 4);
  await queue(0, 5);
  await queue(3, 6);
  await queue(0, 7);
  await story.advance(T0 + DAY);
  expect(await story.messages()).toEqual(['a@2026-01-05 14:00', 'a@2026-01-05 19:00']);
  const { rows } = await story.connection.query('select entry from enrolments order by id');
  expect(rows.map((row) => row['entry'])).toEqual([
    { from: 5, to: 0 },
    { from: 3, to: 0 },
  ]);
});

it('any change: the first statement and the removal too; what is history or an import starts nothing', async () => {
  await begin('plan');
  const ann = await story.profile();
  await story.setTrait(ann, 'plan', 'pro', T0);
  await story.setTrait(ann, 'plan', null, T0 + HOUR);
  await story.connection.query(
    `insert into inbox (shard, profile_id, kind, occurred_at, judged_at, historical, data)
     values ($1::bigint % 256, $1, 'traits', $2, $2, true, $3), ($1::bigint % 256, $1, 'import', $2, $2, false, null)`,
    [ann, new Date(T0 + 2 * HOUR), { plan: { before: null, after: 'free' } }],
  );
  await story.advance(T0 + DAY);
  expect(await story.messages()).toEqual(['a@2026-01-05 12:00', 'a@2026-01-05 13:00']);
});

it('a change that was stated long before it came is too late', async () => {
  await begin('plan', { ignoreOlderThanMs: 2 * HOUR });
  const [late, just] = [await story.profile(), await story.profile()];
  for (const [id, hours] of [
    [late, 3],
    [just, 2],
  ] as const) {
    await story.setTrait(id, 'plan', 'pro', T0);
    await story.connection.query(
      'update trait_changes set occurred_at = $2 where profile_id = $1',
      [id, new Date(T0 - hours * HOUR)],
    );
  }
  await story.advance(T0 + DAY);
  expect(await story.messages(just)).toEqual(['a@2026-01-05 12:00']);
  expect(await story.refusals()).toEqual(['c@2026-01-05 12:00 too_late']);
});
