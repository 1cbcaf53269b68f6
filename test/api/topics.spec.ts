/** Consent through REST: with source and time, the later statement stands. */
import { applyDefinitions } from '../../src/definitions/apply-definitions.js';
import { project } from '../engine/scenario.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { startRest, type RestServer } from './rest-server.js';

let db: TestDatabase;
let rest: RestServer;
beforeAll(async () => {
  db = await testDatabase();
  rest = await startRest(db);
});
afterAll(async () => {
  await rest.stop();
  await db.close();
});

const topicsOf = (id: string): string => `/api/v1/profiles/${id}/topics`;
const say = (topic: string, subscribed: boolean, more: object = {}) => ({
  topics: [{ topic, subscribed }],
  source: 'form',
  ...more,
});

test('before anything is applied only * is a topic', async () => {
  await rest.ask('PUT', '/api/v1/profiles/early', {});
  expect((await rest.ask('PUT', topicsOf('early'), say('offers', true))).status).toBe(422);
  expect((await rest.ask('PUT', topicsOf('early'), say('*', false))).status).toBe(200);
});

describe('with topics', () => {
  beforeAll(async () => {
    const definitions = { project, segments: [], campaigns: [], templates: [] };
    await applyDefinitions(db.dataSource, definitions, { by: 'test' });
  });

  test('a statement is stored with its source and time, and answered', async () => {
    await rest.ask('PUT', '/api/v1/profiles/ann', {});
    const at = '2026-01-01T10:00:00+02:00';
    const { status, body } = await rest.ask('PUT', topicsOf('ann'), {
      topics: [
        { topic: 'tips', subscribed: true },
        { topic: '*', subscribed: true },
      ],
      source: 'sign-up form',
      at,
    });
    expect(status).toBe(200);
    expect(body.items).toEqual([
      {
        topic: '*',
        subscribed: true,
        effective: true,
        because: null,
        changedAt: '2026-01-01T08:00:00.000Z',
        source: 'sign-up form',
      },
      {
        topic: 'tips',
        subscribed: true,
        effective: true,
        because: null,
        changedAt: '2026-01-01T08:00:00.000Z',
        source: 'sign-up form',
      },
    ]);
    expect((await rest.ask('GET', topicsOf('ann'))).body).toEqual(body);
    expect((await rest.ask('GET', '/api/v1/profiles/ann')).body.topics).toEqual(body.items);
  });

  test('an old yes does not outweigh a newer no; the same again keeps its evidence', async () => {
    await rest.ask('PUT', '/api/v1/profiles/bob', {});
    const no = await rest.ask('PUT', topicsOf('bob'), say('offers', false, { source: 'phone' }));
    const old = await rest.ask(
      'PUT',
      topicsOf('bob'),
      say('offers', true, { at: '2026-01-01T00:00:00Z' }),
    );
    expect(old.body).toEqual(no.body);
    const again = await rest.ask('PUT', topicsOf('bob'), say('offers', false, { source: 'other' }));
    expect(again.body).toEqual(no.body);
    const yes = await rest.ask('PUT', topicsOf('bob'), say('offers', true));
    expect(yes.body.items).toEqual([expect.objectContaining({ subscribed: true, source: 'form' })]);
  });

  test('a no to all stands until a yes to all; what is said meanwhile is recorded and not effective', async () => {
    await rest.ask('PUT', '/api/v1/profiles/vera', {});
    const put = async (topic: string, subscribed: boolean, day: number) => {
      const at = `2026-02-0${day}T00:00:00.000Z`;
      const { body } = await rest.ask('PUT', topicsOf('vera'), say(topic, subscribed, { at }));
      return Object.fromEntries(
        body.items.map((one: Record<string, string>) => [
          one['topic'],
          [one['effective'], one['because'], Number(one['changedAt']!.slice(8, 10))],
        ]),
      ) as object;
    };
    await put('tips', true, 1);
    expect(await put('*', false, 2)).toEqual({ '*': [false, null, 2], tips: [false, '*', 1] });
    expect(await put('tips', true, 3)).toEqual({ '*': [false, null, 2], tips: [false, '*', 3] });
    // The same again, with nothing said in between: the evidence stays.
    expect(await put('tips', true, 4)).toEqual({ '*': [false, null, 2], tips: [false, '*', 3] });
    await put('offers', false, 4);
    expect(await put('*', true, 5)).toEqual({
      '*': [true, null, 5],
      offers: [false, null, 4],
      tips: [true, null, 3],
    });
    expect(await put('offers', false, 6)).toMatchObject({ offers: [false, null, 6] });
    expect(await put('*', true, 7)).toMatchObject({ '*': [true, null, 7] });
    const { rows } = await db.pool.query<{ words: string }>(
      `select string_agg(concat_ws(' ', topic, coalesce(before::text, '-'), after::text), ', ' order by c.id) as words
       from subscription_changes c join profile_keys k using (profile_id) where k.value = 'vera'`,
    );
    expect(rows[0]!.words).toBe(
      'tips - true, * - false, tips true true, offers - false, * false true, offers false false, * true true',
    );
  });

  test('an unknown topic is 422 with those that there are, and nothing is stored', async () => {
    await rest.ask('PUT', '/api/v1/profiles/carl', {});
    const { status, body } = await rest.ask('PUT', topicsOf('carl'), {
      topics: [
        { topic: 'offers', subscribed: false },
        { topic: 'offer', subscribed: false },
      ],
      source: 'form',
    });
    expect([status, body.topics]).toEqual([422, ['offers', 'tips', '*']]);
    expect((await rest.ask('GET', topicsOf('carl'))).body.items).toEqual([]);
  });

  test.each([
    ['no source', { topics: [{ topic: 'offers', subscribed: true }] }],
    [
      'a topic twice',
      { topics: [...say('tips', true).topics, ...say('tips', false).topics], source: 'x' },
    ],
    ['no topics', { topics: [], source: 'x' }],
    ['a text for yes', { topics: [{ topic: 'tips', subscribed: 'true' }], source: 'x' }],
    ['a prototype for a topic', say('constructor', true)],
    ['the future', say('tips', true, { at: '2999-01-01T00:00:00Z' })],
    ['a field too many', { topics: [{ topic: 'tips', subscribed: true, at: 'x' }], source: 'x' }],
  ])('%s is 422', async (_, body) => {
    expect((await rest.ask('PUT', topicsOf('ann'), body)).status).toBe(422);
  });

  test('nobody is 404', async () => {
    expect((await rest.ask('PUT', topicsOf('nobody'), say('tips', true))).status).toBe(404);
    expect((await rest.ask('GET', topicsOf('nobody'))).status).toBe(404);
  });
});
