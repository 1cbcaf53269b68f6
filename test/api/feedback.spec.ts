/** Feedback over REST: stored once, shown with its message, and what cannot be about a mail of ours is named. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { seedInState } from '../delivery/in-state.js';
import { seedDefinitions, type Workspace } from '../delivery/pending-messages.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { blocksOf, expected } from './documented.js';
import { startRest, type Answer, type RestServer } from './rest-server.js';

let db: TestDatabase;
let rest: RestServer;
let workspace: Workspace;
beforeAll(async () => {
  db = await testDatabase({ max: 10 });
  workspace = await seedDefinitions(db.pool);
  rest = await startRest(db);
});
afterAll(async () => {
  await rest.stop();
  await db.close();
});

const tell = (...feedback: object[]): Promise<Answer> =>
  rest.ask('POST', '/api/v1/messages/feedback', { feedback });
const read = async (id: number) => (await rest.ask('GET', `/api/v1/messages/${id}`)).body;
const sent = async (): Promise<{ id: number; mailId: string; address: string }> => {
  const { ids } = await seedInState(db.pool, workspace, { state: 'sent' });
  const { rows } = await db.pool.query(
    `update messages set address = 'Ann' || id || '@Example.com', first_attempt_at = '2026-01-05T11:00:00Z' where id = $1
     returning id, mail_id as "mailId", address`,
    [ids[0]],
  );
  return rows[0];
};

test('by number or Message-ID, in one request; said again it is known, and the message shows it in order', async () => {
  const { id, mailId } = await sent();
  const delivered = {
    mailId: `<${mailId}@mail.acme.com>`,
    kind: 'delivered',
    at: '2026-01-05T11:59:59Z',
  };
  const clicked = {
    message: id,
    kind: 'clicked',
    at: '2026-01-05T13:00:00+01:00',
    id: 'evt_1',
    url: 'https://acme.com/<b>',
  };
  const scanned = { message: id, kind: 'clicked', at: '2026-01-05T12:00:01Z', machine: true };
  const unknown = { message: 999_999_999, kind: 'opened' };
  const early = { message: id, kind: 'opened', at: '2026-01-05T09:59:59Z' };
  const first = await tell(delivered, clicked, unknown, scanned, early);
  expect([first.status, first.body]).toEqual([
    200,
    {
      stored: 3,
      repeated: 0,
      refused: [
        { index: 2, because: 'unknown_message' },
        { index: 4, because: 'out_of_time' },
      ],
    },
  ]);
  expect((await tell(clicked, delivered)).body).toEqual({ stored: 0, repeated: 2, refused: [] });
  const { feedback, feedbackList, explanation } = await read(id);
  expect(feedback).toEqual(['clicked', 'delivered']);
  const told = { source: 'api:rest', url: null, said: null, machine: false };
  expect(feedbackList).toEqual([
    { ...told, kind: 'delivered', at: '2026-01-05T11:59:59.000Z' },
    { ...told, kind: 'clicked', at: '2026-01-05T12:00:00.000Z', url: 'https://acme.com/<b>' },
    { ...told, kind: 'clicked', at: '2026-01-05T12:00:01.000Z', machine: true },
  ]);
  expect(explanation).toContain('clicked by a program, which does not count, told by api:rest');
});

test('a bounce and a complaint keep mail from the address', async () => {
  const [ann, bob] = [await sent(), await sent()];
  await tell(
    { message: ann.id, kind: 'bounced', said: '550 5.1.1 no such user' },
    { message: bob.id, kind: 'complained' },
  );
  const { rows } = await db.pool.query(
    `select address, reason, detail, source from suppressions where address = any($1) order by reason desc`,
    [[ann, bob].map(({ address }) => address.toLowerCase())],
  );
  expect(rows).toEqual([
    {
      address: ann.address.toLowerCase(),
      reason: 'hard_bounce',
      detail: '550 5.1.1 no such user',
      source: 'api:rest',
    },
    { address: bob.address.toLowerCase(), reason: 'complaint', detail: '', source: 'api:rest' },
  ]);
});

test('what comes back of a message of unknown fate proves that it arrived; two who tell it at once do not wait for each other', async () => {
  const { ids } = await seedInState(db.pool, workspace, { state: 'ambiguous', count: 20 });
  const all = ids.map((message) => ({ message, kind: 'delivered' }));
  const answers = await Promise.all([tell(...all), tell(...all.toReversed())]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  expect(answers.reduce((sum, { body }) => sum + body.stored, 0)).toBe(20);
  const seen = await read(ids[0]!);
  expect(seen).toMatchObject({ state: 'sent', reason: null });
  expect(seen.byHand).toEqual([expect.objectContaining({ did: 'arrived', by: 'api:rest' })]);
});

test('500 pieces with everything in them; null is what is not said; a clock behind is forgiven an hour', async () => {
  const { id, mailId } = await sent();
  const many = Array.from({ length: 500 }, (_, n) => ({
    message: null,
    mailId,
    kind: n % 2 === 0 ? 'clicked' : 'opened',
    id: `evt_${n}`,
    at: '2026-01-05T10:30:00Z',
    url: null,
    said: null,
    machine: false,
  }));
  expect((await tell(...many)).body).toEqual({ stored: 500, repeated: 0, refused: [] });
  const { feedbackList } = await read(id);
  expect(feedbackList[0].at).toBe('2026-01-05T11:00:00.000Z');
});

test('what docs/api.md shows answers what stands under it', async () => {
  const [block, ...more] = blocksOf('What became of a mail');
  expect(more).toEqual([]);
  const { mailId } = await sent();
  const env = {
    PATH: process.env['PATH'],
    KEY: await rest.newKey('manage'),
    URL: rest.url,
    MAIL_ID: mailId,
  };
  const run = ['--norc', '-euo', 'pipefail', '-c', block!.script];
  const { stdout } = await promisify(execFile)('bash', run, { env });
  expect(JSON.parse(stdout)).toEqual(expected(block!.answer!));
});

test.each([
  ['no message', [{ kind: 'opened' }], 'feedback.0: say which message'],
  ['two of them', [{ message: 1, mailId: 'a', kind: 'opened' }], 'not both'],
  ['a link of an opening', [{ message: 1, kind: 'opened', url: 'https://a.example' }], 'url'],
  ['a complaint of a program', [{ message: 1, kind: 'complained', machine: true }], 'machine'],
  ['a text that nobody can keep', [{ message: 1, kind: 'opened', id: 'a\0b' }], 'NUL'],
  ['a week', [{ message: 1, kind: 'opened', at: '2026-W48-7' }], 'at must be a time'],
  [
    'a time without separators',
    [{ message: 1, kind: 'opened', at: '20261129T050000Z' }],
    'at must',
  ],
  ['another kind', [{ message: 1, kind: 'soft_bounced' }], 'kind'],
  ['a field of another tool', [{ message: 1, kind: 'opened', event: 'open' }], 'event'],
  ['nothing', [], 'feedback'],
  ['too much', Array.from({ length: 501 }, () => ({ message: 1, kind: 'opened' })), '500'],
  ['no time', [{ message: 1, kind: 'opened', at: '31.12.2026' }], 'at'],
])('%s is refused whole', async (_, feedback, detail) => {
  const { status, body } = await tell(...feedback);
  expect(status).toBe(422);
  expect(JSON.stringify(body)).toContain(detail);
});
