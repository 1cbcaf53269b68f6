/** Idempotency-Key on POSTs, and the record of who changed what. */
import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { ApiModule } from '../../src/api/api.module.js';
import { Repeated } from '../../src/api/idempotency.js';
import { listActions } from '../../src/core/audit.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { startRest, type Answer, type RestServer } from './rest-server.js';
import { applyFiles } from './world.js';

let db: TestDatabase;
let rest: RestServer;
beforeAll(async () => {
  db = await testDatabase();
  await applyFiles(db);
  rest = await startRest(db, 'api,engine');
});
afterAll(async () => {
  await rest.stop();
  await db.close();
});

const lastAction = async () =>
  (await listActions(db.pool, { before: null, subject: null, limit: 1 }))[0];

/** Nest's number of the verb, 1 = POST; undefined for what is no route. */
const methodOf = (controller: Type, name: string): unknown =>
  Reflect.getMetadata('method', handlerOf(controller, name));
const handlerOf = (controller: Type, name: string): object =>
  (controller.prototype as Record<string, object>)[name]!;

function takesAct(controller: Type, name: string): boolean {
  const given = Reflect.getMetadata('__routeArguments__', controller, name) as
    | Record<string, { factory?: (data: unknown, context: unknown) => unknown }>
    | undefined;
  const act = {};
  const context = { switchToHttp: () => ({ getRequest: () => ({ act }) }) };
  return Object.values(given ?? {}).some(({ factory }) => factory?.(undefined, context) === act);
}

const suppress = (address: string, key: string, as: Record<string, string> = {}): Promise<Answer> =>
  rest.ask('POST', '/api/v1/suppressions', { address }, { 'idempotency-key': key, ...as });

describe('Idempotency-Key', () => {
  test('the same request gets the same answer, and does nothing again', async () => {
    const first = await suppress('a@x.example', 'one');
    expect([first.status, first.headers.get('idempotent-replayed')]).toEqual([201, null]);
    await rest.ask('DELETE', '/api/v1/suppressions/a@x.example');
    const again = await suppress('a@x.example', 'one');
    expect([again.status, again.body]).toEqual([201, first.body]);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect((await rest.ask('GET', '/api/v1/suppressions')).body.items).toEqual([]);
  });

  test('another request with this key is 422, another client with it is somebody else', async () => {
    await suppress('b@x.example', 'two');
    expect((await suppress('c@x.example', 'two')).status).toBe(422);
    const elsewhere = await rest.ask(
      'POST',
      '/api/v1/campaigns/hello/drain',
      { why: 'x' },
      { 'idempotency-key': 'two' },
    );
    expect(elsewhere.status).toBe(422);
    const made = await rest.ask('POST', '/api/v1/keys', { name: 'other', scopes: ['manage'] });
    const other = await suppress('c@x.example', 'two', {
      authorization: `Bearer ${made.body.key}`,
    });
    expect(other.status).toBe(201);
  });

  test('what failed is done anew', async () => {
    expect((await suppress('nobody', 'three')).status).toBe(422);
    expect((await suppress('nobody', 'three')).status).toBe(422);
    const path = '/api/v1/campaigns/hello/resume';
    const headers = { 'idempotency-key': 'four' };
    expect((await rest.ask('POST', path, undefined, headers)).status).toBe(409);
    await rest.ask('POST', '/api/v1/campaigns/hello/drain', { why: 'x' });
    expect((await rest.ask('POST', path, undefined, headers)).status).toBe(200);
  });

  test('of many at once one is done; nobody hears of two', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () =>
        rest.ask(
          'POST',
          '/api/v1/profiles/ann/events',
          { name: 'clicked' },
          { 'idempotency-key': 'five' },
        ),
      ),
    );
    // Those that met the first one under way are told to come again.
    const statuses = answers.map(({ status }) => status);
    expect(statuses).toContain(201);
    expect(statuses.filter((status) => status !== 201 && status !== 409)).toEqual([]);
    const { body } = await rest.ask('GET', '/api/v1/profiles/ann/events');
    expect(body.items).toHaveLength(1);
  });

  test('an event holds the key itself: a process that died before its answer was kept stores nothing twice', async () => {
    const ask = () =>
      rest.ask(
        'POST',
        '/api/v1/profiles/bob/events',
        { name: 'bought' },
        { 'idempotency-key': 'six' },
      );
    const first = await ask();
    await db.pool.query(`delete from api_answers where idempotency_key = 'six'`);
    const again = await ask();
    expect([again.status, again.body]).toEqual([200, first.body]);
  });

  test('a claim whose owner died is taken over after a minute', async () => {
    await suppress('d@x.example', 'seven');
    const claimed = (minutes: number) =>
      db.pool.query(
        `update api_answers set status = null, asked_at = now() - make_interval(mins => $1) where idempotency_key = 'seven'`,
        [minutes],
      );
    await claimed(0);
    expect((await suppress('d@x.example', 'seven')).status).toBe(409);
    await claimed(2);
    expect((await suppress('d@x.example', 'seven')).status).toBe(200);
  });

  test('what was done is known to be done: the answer is written by the transaction of the action', async () => {
    const asked: [string, unknown][] = [
      ['suppressions', { address: 'f@x.example' }],
      ['campaigns/hello/pause', { why: 'x' }],
      ['campaigns/hello/resume', undefined],
      ['campaigns/hello/drain', { why: 'x' }],
    ];
    for (const [path, body] of asked) {
      const { status } = await rest.ask('POST', `/api/v1/${path}`, body, {
        'idempotency-key': path,
      });
      const { rows } = await db.pool.query(
        `select a.status, a.xmin = l.xmin as together from api_answers a, audit_log l
         where a.idempotency_key = $1 order by l.id desc limit 1`,
        [path],
      );
      expect([path, rows]).toEqual([path, [{ status, together: true }]]);
    }
  });

  test('where the answer cannot be kept nothing was done, and nobody is said to have done it', async () => {
    const before = await lastAction();
    await db.pool.query(`
      create function refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$;
      create trigger refuse before update of status on api_answers for each row execute function refuse()`);
    expect((await suppress('g@x.example', 'nine')).status).toBe(500);
    expect((await rest.ask('GET', '/api/v1/suppressions')).text).not.toContain('g@x.example');
    expect(await lastAction()).toEqual(before);
    await db.pool.query('drop trigger refuse on api_answers');
    expect((await suppress('g@x.example', 'nine')).status).toBe(201);
  });

  test('one that was slow and taken over does nothing: of the two one happens', async () => {
    const holder = await db.pool.connect();
    await holder.query('begin');
    await holder.query('lock table campaign_states in exclusive mode');
    const pause = () =>
      rest.ask(
        'POST',
        '/api/v1/campaigns/upgrade/drain',
        { why: 'slow' },
        { 'idempotency-key': 'ten' },
      );
    const blocked = async (n: number): Promise<void> => {
      for (;;) {
        const { rows } = await db.pool.query<{ n: number }>(
          `select count(*)::integer as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        );
        if (rows[0]!.n >= n) return;
        await delay(10);
      }
    };
    const slow = pause();
    await blocked(1);
    await db.pool.query(
      `update api_answers set asked_at = asked_at - interval '2 minutes' where idempotency_key = 'ten'`,
    );
    const over = pause();
    await blocked(2);
    await holder.query('commit');
    holder.release();
    expect([(await slow).status, (await over).status]).toEqual([409, 200]);
    const { rows } = await db.pool.query(
      `select from audit_log where action = 'campaign.drain' and subject = 'campaign/upgrade'`,
    );
    expect(rows).toHaveLength(1);
    expect((await pause()).headers.get('idempotent-replayed')).toBe('true');
  });

  test('a stop that was cut off goes on with the same key, and both are written down', async () => {
    await db.pool.query(`
      create trigger refuse before update on enrolments for each row when (new.state = 'ended') execute function refuse()`);
    await rest.ask('PUT', '/api/v1/profiles/sue', {});
    const { body } = await rest.ask('POST', '/api/v1/campaigns/welcome/enrolments', {
      userId: 'sue',
      entry: { plan: 'pro' },
    });
    expect(body).toMatchObject({ entered: true });
    const stop = () =>
      rest.ask(
        'POST',
        '/api/v1/campaigns/welcome/stop',
        { why: 'wrong' },
        { 'idempotency-key': 'eleven' },
      );
    expect((await stop()).status).toBe(500);
    expect((await rest.ask('GET', '/api/v1/campaigns/welcome')).body).toMatchObject({
      state: 'stopped',
      active: 1,
    });
    await db.pool.query('drop trigger refuse on enrolments');
    expect((await stop()).body).toMatchObject({ state: 'stopped', active: 0, ended: 1 });
    expect(await lastAction()).toMatchObject({
      action: 'campaign.stop',
      detail: { why: 'wrong', active: 1 },
    });
  });

  test('every POST keeps its answer with its action, or says why it need not', () => {
    const controllers = Reflect.getMetadata('controllers', ApiModule) as Type[];
    const posts = controllers.flatMap((controller) =>
      Object.getOwnPropertyNames(controller.prototype)
        .filter((name) => methodOf(controller, name) === 1)
        .map((name) => ({ controller, name })),
    );
    expect(posts.length).toBeGreaterThan(9);
    const apart = posts.filter(
      ({ controller, name }) =>
        Reflect.getMetadata(Repeated.KEY, handlerOf(controller, name)) === undefined &&
        !takesAct(controller, name),
    );
    // A POST takes `@Acting() act` and answers what `act.once` returns, or is marked `@Repeated(...)`.
    expect(apart.map(({ controller, name }) => `${controller.name}.${name}`)).toEqual([]);
  });

  test('the secret of a key is kept nowhere', async () => {
    const asked = { name: 'x', scopes: ['read'] };
    const { status } = await rest.ask('POST', '/api/v1/keys', asked, {
      'idempotency-key': 'eight',
    });
    expect(status).toBe(422);
  });

  test.each(['', 'x'.repeat(256)])('the key %j is 422', async (key) => {
    expect((await suppress('e@x.example', key)).status).toBe(422);
  });
});

test('DELETE goes with a JSON content type and no body', async () => {
  await suppress('h@x.example', 'twelve');
  const { status } = await rest.ask('DELETE', '/api/v1/suppressions/h@x.example', undefined, {
    'content-type': 'application/json',
  });
  expect(status).toBe(200);
});

test('who changed what is recorded, with the key as actor', async () => {
  await rest.ask('PUT', '/api/v1/pauses', { scope: 'all', why: 'moving' });
  await rest.ask('DELETE', '/api/v1/pauses?scope=all');
  await rest.ask('PUT', '/api/v1/profiles/carl', {});
  await rest.ask('PUT', '/api/v1/profiles/carl/topics', {
    topics: [{ topic: 'offers', subscribed: true }],
    source: 'form',
  });
  await rest.ask('POST', '/api/v1/campaigns/hello/pause', { why: 'look' });
  await rest.ask('POST', '/api/v1/campaigns/hello/resume');
  await rest.ask('DELETE', '/api/v1/profiles/carl');
  const actions = await listActions(db.pool, { before: null, subject: null, limit: 6 });
  expect(actions.every(({ actor }) => actor === 'api:rest')).toBe(true);
  expect(actions.map(({ action }) => action).toReversed()).toEqual([
    'pause.set',
    'pause.lift',
    'profile.topics',
    'campaign.pause',
    'campaign.resume',
    'profile.erase',
  ]);
  expect(actions.find(({ action }) => action === 'pause.set')).toMatchObject({
    subject: 'pause/all',
    detail: { why: 'moving' },
  });
});
