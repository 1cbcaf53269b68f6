/** Enrolments go on in another version of their campaign: where they stand, what is over by that, and nothing twice. */
import { once } from 'node:events';
import { planMigration, type MigrationPlan } from '../../src/campaigns/plan-migration.js';
import { requestMigration } from '../../src/campaigns/request-migration.js';
import { listMoves, loadMigration } from '../../src/campaigns/migrations.sql.js';
import type { Instant } from '../../src/core/instant.js';
import { inTransaction } from '../../src/core/transaction.js';
import type { CampaignDefinition, Condition, Step } from '../../src/language/definitions.js';
import { campaignCounts } from '../support/campaign-counts.js';
import { runTypescript, type Running } from '../support/processes.js';
import { at, campaign, DAY, eventEntry, onEvent, Scenario, send, wait } from './scenario.js';

const T0 = at('2026-01-05 12:00');

let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
});
afterEach(() => story.close());

const version = (steps: Step[], options: Partial<CampaignDefinition> = {}) => ({
  campaigns: [campaign('c', eventEntry('begun'), steps, options)],
});

const is = (trait: string, value: string | boolean): Condition => ({
  kind: 'trait',
  path: [trait],
  tests: [{ op: 'is', value, negated: false }],
});

/** Somebody who began, at T0 unless said otherwise. */
async function begin(traits: Record<string, unknown> = {}, when = T0): Promise<number> {
  const id = await story.profile(traits);
  await story.track(id, 'begun', when);
  return id;
}

function plan(now: Instant, map: Record<string, string> = {}): Promise<MigrationPlan> {
  return planMigration(story.connection, { campaign: 'c', from: null, map }, now).then(
    (planned) => planned.plan,
  );
}

async function migrate(now: Instant, map: Record<string, string> = {}) {
  const { hash } = await plan(now, map);
  const asked = { campaign: 'c', from: null, map, plan: hash, by: 'ops', now };
  const { id } = await inTransaction(story.db.pool, (sql) => requestMigration(sql, asked));
  await story.advance(now);
  return (await loadMigration(story.connection, id))!;
}

it('a wait counts from when it began; what is over by that goes on at once, as late as it would have been', async () => {
  const late = { ifLate: { ms: 2 * DAY, then: 'skip' as const } };
  await story.apply(version([send('a'), wait('w', 30), send('b')], late));
  const ann = await begin();
  const bob = await story.profile();
  await story.track(bob, 'begun', T0 + 6 * DAY);
  await story.advance(T0 + 8 * DAY);
  await story.apply(version([send('a'), wait('w', 5), send('b')], late));
  expect(await plan(T0 + 8 * DAY)).toMatchObject({
    from: [1],
    to: 2,
    steps: [
      {
        version: 1,
        step: 'w',
        active: 2,
        to: 'w',
        stays: null,
        waits: 'wait: 5 days',
        dueNow: 1,
        late: { n: 1, then: 'skip' },
      },
    ],
    moves: 2,
    stays: 0,
  });
  expect(await migrate(T0 + 8 * DAY)).toMatchObject({ asked: 2, moved: 2, left: 0 });
  await story.advance(T0 + 12 * DAY);
  expect(await story.messages(ann)).toEqual(['a@2026-01-05 12:00', 'b@2026-01-13 12:00']);
  expect(await story.messages(bob)).toEqual(['a@2026-01-11 12:00', 'b@2026-01-16 12:00']);
  const { rows } = await story.connection.query(
    `select late_at from messages where step = 'b' order by id`,
  );
  // Ann's was due on the tenth; Bob's is not overdue.
  expect(rows).toEqual([{ late_at: T0 + 7 * DAY }, { late_at: T0 + 13 * DAY }]);
});

it('who stands at a step that is no more stays, or goes on where it was mapped to; each move is on record', async () => {
  await story.apply(version([send('a'), wait('old', 5), send('b')]));
  const ann = await begin();
  await story.advance(T0 + DAY);
  await story.apply(version([send('a'), wait('new', 10), send('c')]));
  expect(await plan(T0 + DAY)).toMatchObject({
    moves: 0,
    stays: 1,
    steps: [{ stays: 'step_gone' }],
  });
  await expect(migrate(T0 + DAY)).rejects.toThrow('nobody would move');
  await expect(plan(T0 + DAY, { old: 'nw' })).rejects.toThrow('did you mean new?');
  await migrate(T0 + DAY, { old: 'new' });
  await story.advance(T0 + 20 * DAY);
  expect(await story.messages(ann)).toEqual(['a@2026-01-05 12:00', 'c@2026-01-15 12:00']);
  const { rows } = await story.connection.query<{ id: number }>('select id from enrolments');
  expect((await listMoves(story.connection, [rows[0]!.id])).get(rows[0]!.id)).toEqual([
    { at: T0 + DAY, from: 1, to: 2, fromStep: 'old', toStep: 'new', by: 'ops' },
  ]);
  const { kept, found } = await campaignCounts(story.connection);
  expect(kept).toEqual(found);
});

it('nobody gets a mail twice: what lies behind is passed by, and is no place to be mapped to', async () => {
  const mails = [send('a'), wait('w', 1), send('b'), wait('v', 5), send('c')];
  await story.apply(version(mails));
  const ann = await begin();
  await story.advance(T0 + 2 * DAY);
  await story.apply(
    version([wait('v', 5), send('b'), send('a'), wait('w', 1), send('new'), send('c')]),
  );
  expect(await plan(T0 + 2 * DAY, { v: 'w' })).toMatchObject({
    moves: 0,
    stays: 1,
    steps: [{ to: 'w', behind: 1 }],
  });
  await migrate(T0 + 2 * DAY);
  await story.advance(T0 + 30 * DAY);
  expect(await story.messages(ann)).toEqual([
    'a@2026-01-05 12:00',
    'b@2026-01-06 12:00',
    'new@2026-01-11 12:00',
    'c@2026-01-11 12:00',
  ]);
});

it('ends those whom the new version lets go: by what came before, by a state, by time, by while', async () => {
  const steps = [wait('w', 30), send('a')];
  await story.apply(version(steps));
  const [paid, pro, gone, stays] = [
    await begin(),
    await begin({ plan: 'pro' }),
    await begin({ trial: false }),
    await begin(),
  ];
  await story.track(paid, 'paid', T0 + DAY);
  await story.advance(T0 + 2 * DAY);
  await story.apply(
    version(steps, {
      exit: [
        { kind: 'event', match: onEvent('paid'), same: null, label: 'event paid' },
        { kind: 'state', condition: is('plan', 'pro'), label: 'trait: plan' },
        { kind: 'state', condition: is('trial', false), label: 'trait: trial' },
      ],
    }),
  );
  expect((await plan(T0 + 2 * DAY)).endsAtOnce).toEqual({
    of: 4,
    all: true,
    by: expect.arrayContaining([
      { because: 'event paid', n: 1 },
      { because: 'trait: plan', n: 1 },
      { because: 'trait: trial', n: 1 },
    ]),
  });
  await migrate(T0 + 2 * DAY);
  expect(await story.enrolments(paid)).toEqual([
    'c@2026-01-05 12:00 exited event paid@2026-01-07 12:00',
  ]);
  expect(await story.enrolments(pro)).toEqual([
    'c@2026-01-05 12:00 exited trait: plan@2026-01-07 12:00',
  ]);
  expect(await story.enrolments(gone)).toEqual([
    'c@2026-01-05 12:00 exited trait: trial@2026-01-07 12:00',
  ]);
  expect(await story.enrolments(stays)).toEqual(['c@2026-01-05 12:00 at w']);
  await story.apply(version(steps, { endsAfterMs: DAY, goal: null }));
  expect((await plan(T0 + 3 * DAY)).endsAtOnce.by).toEqual([{ because: 'ends_after', n: 1 }]);
  await migrate(T0 + 3 * DAY);
  expect(await story.enrolments(stays)).toEqual([
    'c@2026-01-05 12:00 exited ends_after@2026-01-08 12:00',
  ]);
});

it('a goal of the new version that was reached before counts as of then', async () => {
  await story.apply(version([wait('w', 30), send('a')]));
  const ann = await begin();
  await story.track(ann, 'bought', T0 + DAY, { total: 12 });
  await story.advance(T0 + 2 * DAY);
  const goal = {
    match: onEvent('bought'),
    same: null,
    withinMs: null,
    value: ['total'],
    ends: true,
  };
  await story.apply(version([wait('w', 30), send('a')], { goal }));
  await migrate(T0 + 2 * DAY);
  const { rows } = await story.connection.query(
    'select end_reason, converted_at, conversion_value from enrolments',
  );
  expect(rows).toEqual([
    { end_reason: 'converted', converted_at: T0 + DAY, conversion_value: '12' },
  ]);
});

it('a wait for something goes on from when it began, and its time may be over', async () => {
  const awaits = (atMostMs: number): Step => ({
    id: 'f',
    if: null,
    kind: 'wait_for',
    rule: { kind: 'event', match: onEvent('login'), same: null, label: 'event login' },
    atMostMs,
    then: [send('met')],
    else: [send('timed-out')],
  });
  await story.apply(version([awaits(30 * DAY)]));
  const ann = await begin();
  await story.advance(T0 + 3 * DAY);
  await story.apply(version([awaits(5 * DAY), send('end')]));
  expect((await plan(T0 + 3 * DAY)).steps).toMatchObject([{ dueNow: 0 }]);
  await migrate(T0 + 3 * DAY);
  const bob = await begin({}, T0 + 3 * DAY);
  await story.advance(T0 + 4 * DAY);
  await story.track(bob, 'login', T0 + 4 * DAY);
  await story.advance(T0 + 9 * DAY);
  expect(await story.messages(ann)).toEqual(['timed-out@2026-01-10 12:00', 'end@2026-01-10 12:00']);
  expect(await story.messages(bob)).toEqual(['met@2026-01-09 12:00', 'end@2026-01-09 12:00']);
});

it('rounds go on from the last one, never several at once; into rounds nobody is moved', async () => {
  const rounds = (unit: 'month' | 'week', times = 12): Step => ({
    id: 'r',
    if: null,
    kind: 'repeat',
    times,
    every: { count: 1, unit },
    at: null,
    steps: [send('tip'), wait('rest', 1)],
  });
  await story.apply(version([rounds('month')]));
  const ann = await begin();
  await story.advance(T0 + 125 * DAY);
  expect((await story.messages(ann)).length).toBe(4);
  await story.apply(version([rounds('week')]));
  await migrate(T0 + 125 * DAY);
  await story.advance(T0 + 140 * DAY);
  expect((await story.messages(ann)).slice(4)).toEqual([
    // The last began on 5 May; a week later was 12 May.
    'tip@2026-05-12 12:00',
    'tip@2026-05-19 12:00',
  ]);
  await story.apply(version([rounds('week', 3), send('end')]));
  await migrate(T0 + 140 * DAY);
  await story.advance(T0 + 160 * DAY);
  expect((await story.messages(ann)).slice(6)).toEqual(['end@2026-05-25 12:00']);
  await story.apply(version([wait('rest', 9), send('end')]));
  const bob = await begin({}, T0 + 160 * DAY);
  await story.advance(T0 + 160 * DAY);
  await story.apply(version([rounds('week')]));
  expect((await plan(T0 + 160 * DAY)).steps).toMatchObject([{ step: 'rest', stays: 'in_rounds' }]);
  expect(await story.enrolments(bob)).toHaveLength(1);
});

it('what was decided stays; a mapped send goes at once and asks its if', async () => {
  await story.apply(version([send('a'), wait('w', 9), send('b')]));
  const [ann, vip] = [await begin(), await begin({ vip: true })];
  await story.advance(T0 + DAY);
  await story.apply(version([send('a'), send('gift', { if: is('vip', true) }), send('b')]));
  await migrate(T0 + DAY, { w: 'gift' });
  expect(await story.messages(ann)).toEqual(['a@2026-01-05 12:00', 'b@2026-01-06 12:00']);
  expect(await story.messages(vip)).toEqual([
    'a@2026-01-05 12:00',
    'gift@2026-01-06 12:00',
    'b@2026-01-06 12:00',
  ]);
  const { rows } = await story.connection.query(
    `select v.version, count(*) as n from messages m join definition_versions v on v.id = m.version_id
     where m.step = 'a' and m.state = 'pending' group by 1`,
  );
  expect(rows).toEqual([{ version: 1, n: 2 }]);
});

it('who is set aside is moved when it comes back; a plan that no longer holds moves nobody', async () => {
  await story.apply(version([wait('w', 30), send('a')]));
  const ann = await begin();
  await story.advance(T0 + DAY);
  await story.apply(version([wait('w', 3), send('a')]));
  const seen = await plan(T0 + DAY);
  await story.apply(version([wait('w', 2), send('a')]));
  const stale = { campaign: 'c', from: null, map: {}, plan: seen.hash, by: 'ops', now: T0 + DAY };
  await expect(inTransaction(story.db.pool, (sql) => requestMigration(sql, stale))).rejects.toThrow(
    'look at the plan again',
  );
  await story.connection.query(
    `insert into parked_profiles (profile_id, shard, parked_at, retry_at, revision, failures, error)
     values ($1, $2, now(), 'infinity', 99, 1, 'test')`,
    [ann, ann % 256],
  );
  expect(await migrate(T0 + DAY)).toMatchObject({ moved: 0, left: 1 });
  await story.connection.query('delete from parked_profiles');
  await story.advance(T0 + 4 * DAY);
  expect(await story.messages(ann)).toEqual(['a@2026-01-07 12:00']);
});

const PEOPLE = 400;

it('three engines that are killed move everybody once, and nobody gets a mail twice', async () => {
  await story.apply(version([send('a'), wait('w', 30), send('b'), wait('v', 1), send('c')]));
  const people: number[] = [];
  for (let n = 0; n < PEOPLE; n++) people.push(await begin());
  const now = T0 + 5 * DAY;
  await story.advance(now);
  await story.apply(version([send('a'), wait('w', 4), send('b'), wait('v', 1), send('c')]));
  await story.connection.query('create table test_clock (at timestamptz(3) not null)');
  await story.connection.query('insert into test_clock values ($1)', [new Date(now)]);
  await story.connection.query('listen test_idle');
  const engines: Running[] = [];
  try {
    const { hash } = await plan(now);
    const asked = { campaign: 'c', from: null, map: {}, plan: hash, by: 'ops', now };
    const { id } = await inTransaction(story.db.pool, (sql) => requestMigration(sql, asked));
    const start = async (n: number): Promise<void> => {
      engines[n] = runTypescript('test/engine/engine-process.ts', [
        story.db.url,
        story.db.schema,
        String(n * 85),
      ]);
      await engines[n].line(/^ready/);
    };
    await Promise.all([0, 1, 2].map(start));
    for (let kill = 0; kill < 3; kill++) {
      // In the middle of a transaction, as long as there is work.
      await untilSomeoneWorks(id);
      engines[kill % 3]!.kill('SIGKILL');
      await engines[kill % 3]!.ended;
      await start(kill % 3);
    }
    for (;;) {
      const idle = once(story.connection as unknown as NodeJS.EventEmitter, 'notification');
      const { left } = (await loadMigration(story.connection, id))!;
      const { rows } = await story.connection.query<{ n: number }>(
        `select count(*) as n from enrolments where state = 'active' and due_at <= $1`,
        [new Date(now)],
      );
      if (left === 0 && rows[0]!.n === 0) break;
      await idle;
    }
    expect(await loadMigration(story.connection, id)).toMatchObject({
      asked: PEOPLE,
      moved: PEOPLE,
    });
    const { rows } = await story.connection.query(
      `select step, count(*) as n, count(distinct enrolment_id) as people from messages group by step order by step`,
    );
    expect(rows).toEqual([
      { step: 'a', n: PEOPLE, people: PEOPLE },
      { step: 'b', n: PEOPLE, people: PEOPLE },
    ]);
    const { kept, found } = await campaignCounts(story.connection);
    expect(kept).toEqual(found);
  } finally {
    for (const engine of engines) engine.kill('SIGKILL');
    await Promise.all(engines.map((engine) => engine.ended));
  }
}, 60_000);

/** A shard lock is held, or everybody was told. */
async function untilSomeoneWorks(migration: string): Promise<void> {
  for (;;) {
    const { rows } = await story.connection.query<{ busy: boolean }>(
      `select exists (select from pg_locks where locktype = 'advisory' and objsubid = 2
                        and database = (select oid from pg_database where datname = current_database())) as busy`,
    );
    if (rows[0]!.busy || (await loadMigration(story.connection, migration))!.left === 0) return;
  }
}
