/** Imports in the console: a form with a file, without script; who may; and what a hostile form meets. */
import { listActions } from '../../src/core/audit.js';
import { listImports, loadImport } from '../../src/ingest/imports.sql.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { startConsole, type Browser, type ConsoleServer } from './console-server.js';

let db: TestDatabase;
let server: ConsoleServer;
let operator: Browser;
let viewer: Browser;
beforeAll(async () => {
  db = await testDatabase();
  server = await startConsole(db);
  operator = await server.as('operator');
  viewer = await server.as('viewer');
});
afterAll(async () => {
  await server.stop();
  await db.close();
});

const AT = '/console/imports';
const IMAGE = '<img src=x onerror=alert(1)>';
const file = (content: string, name = 'people.csv') => ({ name, content });
const CSV = `id,name,age\np1,Ann,30\np2,"${IMAGE}",old\n`;
const FORM = { source: 'people', profile: 'id', trait: 'name\r\nage:number\r\n', delimiter: ',' };

async function finished(id: number): Promise<void> {
  while ((await loadImport(db.pool, id))!.state !== 'finished')
    await new Promise((next) => setTimeout(next, 20));
}
const all = () => listImports(db.pool, { state: null, before: null, limit: 100 });
const lastAction = async () =>
  (await listActions(db.pool, { before: null, subject: null, limit: 1 }))[0];

test('an empty list says what an import is; the form is for operators', async () => {
  expect((await viewer.get(AT)).text).toContain('Nothing was imported yet');
  expect((await viewer.get(AT)).text).not.toContain(`${AT}/new`);
  expect((await viewer.get(`${AT}/new`)).status).toBe(403);
  expect((await operator.get(AT)).text).toContain(`${AT}/new`);
});

test('a look at the first rows stores nothing, shows what they hold as text, and leads back with the mapping', async () => {
  await operator.get(`${AT}/new`);
  const { status, text } = await operator.postFile(`${AT}/try`, FORM, file(CSV));
  expect(status).toBe(200);
  expect(text).toContain('2 rows were read, 1 would be refused');
  expect(text).toContain('age: &quot;old&quot; is not a number');
  expect(text).not.toContain(IMAGE);
  expect(await all()).toEqual([]);
  const href = /href="([^"]*\/new\?[^"]*)"/.exec(text)![1]!.replaceAll('&amp;', '&');
  const form = (await operator.get(href)).text;
  expect(form).toContain('name\nage:number</textarea>');
  expect(form).toContain('value="people"');
});

test('a file is imported, its page says what became of it, and the same file again is known', async () => {
  const answer = await operator.postFile(AT, FORM, file(CSV));
  expect(answer.status).toBe(303);
  const [{ id } = { id: 0 }] = await all();
  expect(answer.headers.get('location')).toBe(`${AT}/${id}?done=importing`);
  expect(await lastAction()).toMatchObject({
    actor: 'console:a-operator',
    action: 'import.create',
    subject: `import/${id}`,
  });
  await finished(id);
  const page = (await viewer.get(`${AT}/${id}`)).text;
  expect(page).toContain('1 stored, 0 were there already, 1 refused');
  expect(page).toContain('age: &quot;old&quot; is not a number');
  expect(page).not.toContain('/cancel');
  expect((await viewer.get(AT)).text).toContain('people.csv');
  const again = await operator.postFile(AT, FORM, file(CSV));
  expect(again.headers.get('location')).toBe(`${AT}/${id}?done=importKnown`);
});

test('an import is cancelled after a look at what is stored', async () => {
  await db.pool.query(
    `insert into imports (fingerprint, file, state, asked_at, started_at, rows_stored)
     values ('c', $1, 'running', '2026-01-01Z', '2026-01-01Z', 7)`,
    [IMAGE],
  );
  const { id } = (await all())[0]!;
  const question = (await operator.get(`${AT}/${id}/cancel`)).text;
  expect(question).toContain('7 rows are stored and stay');
  expect(question).not.toContain(IMAGE);
  expect((await viewer.post(`${AT}/${id}/cancel`, {})).status).toBe(403);
  expect((await operator.post(`${AT}/${id}/cancel`, {})).status).toBe(303);
  expect(await lastAction()).toMatchObject({ action: 'import.cancel', detail: { rowsStored: 7 } });
  expect((await operator.post(`${AT}/${id}/cancel`, {})).status).toBe(409);
});

describe('a form that', () => {
  test.each<[string, Record<string, string>, ReturnType<typeof file> | null, number, RegExp]>([
    ['has no token', { ...FORM, _csrf: '' }, file(CSV), 403, /out of date/],
    ['has no file', FORM, null, 422, /choose a file/],
    ['has a file without a name', FORM, file('', ''), 422, /choose a file/],
    ['has an empty file', FORM, file(''), 422, /the file is empty/],
    [
      'names a column that there is not',
      { ...FORM, profile: 'idd' },
      file(CSV),
      422,
      /did you mean id\?/,
    ],
    ['names no profile', { ...FORM, profile: ' ' }, file(CSV), 422, /profile: name the column/],
    ['has a huge field', { ...FORM, trait: 'x'.repeat(70_000) }, file(CSV), 400, /./],
    ['has a name of all objects', { ...FORM, constructor: 'x' }, file(CSV), 400, /./],
    [
      'has too many fields',
      { ...FORM, ...Object.fromEntries(Array.from({ length: 99 }, (_, n) => [`f${n}`, 'x'])) },
      file(CSV),
      422,
      /choose a file/,
    ],
  ])('%s is refused', async (_name, fields, sent, status, message) => {
    await operator.get(`${AT}/new`);
    const [before, action] = [await all(), await lastAction()];
    const answer = await operator.postFile(AT, fields, sent);
    expect([answer.status, answer.text]).toEqual([status, expect.stringMatching(message)]);
    expect([await all(), await lastAction()]).toEqual([before, action]);
  });

  test('comes from somebody who may not, or where no file is wanted, is refused before the file is read', async () => {
    await viewer.get(AT);
    const large = file(`id,name\n${'p1,x\n'.repeat(200_000)}`);
    expect((await viewer.postFile(AT, FORM, large)).status).toBe(403);
    expect((await operator.postFile('/console/suppressions', FORM, file(CSV))).status).toBe(415);
  });

  test('is cut off or is no form leaves the server as it was', async () => {
    const headers = { origin: server.url, cookie: operator.cookie };
    const sent = [
      ['multipart/form-data', 'x'],
      [
        'multipart/form-data; boundary=b',
        '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nid',
      ],
    ];
    for (const [type, body] of sent) {
      const answer = await fetch(server.url + AT, {
        method: 'POST',
        headers: { ...headers, 'content-type': type! },
        body: body!,
      });
      expect([type, answer.status < 500]).toEqual([type, true]);
    }
    expect((await operator.get(AT)).status).toBe(200);
  });
});
