/** `rekindle import` as someone at a shell runs it: what it says, and how it exits. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { testDatabase, type TestDatabase } from '../support/database.js';

const ROOT = resolve(__dirname, '../..');
const EVENTS = ['--event', 'bought', '--profile', 'who', '--at', 'when', '--id', 'id'];

// Each command is a process that compiles its sources.
jest.setTimeout(90_000);

let db: TestDatabase;
let folder: string;
beforeAll(async () => {
  db = await testDatabase();
  folder = mkdtempSync(join(tmpdir(), 'rekindle-import-command-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await db.close();
});

function file(name: string, ...rows: string[]): string {
  const path = join(folder, name);
  writeFileSync(path, ['id,who,when', ...rows, ''].join('\n'));
  return path;
}

function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = {
    PATH: process.env.PATH,
    DATABASE_URL: db.url,
    REKINDLE_SCHEMA: db.schema,
    REKINDLE_DURABILITY: 'relaxed',
  };
  const all = ['test/support/run-typescript.cjs', 'src/cli.ts', 'import', ...args];
  return new Promise((done) => {
    execFile(process.execPath, all, { cwd: ROOT, env }, (error, stdout, stderr) => {
      done({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

test('it names the source it took from the file; given again, a renamed file counts once', async () => {
  const rows = ['1,ann,2026-01-01T00:00:00Z', '2,bob,2026-01-02T00:00:00Z'];
  const first = await run(file('orders-may.csv', ...rows), ...EVENTS);
  expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining('2 rows stored') });
  expect(first.stderr).toContain('the source is orders-may, from the file');
  const again = await run(
    file('orders-june.csv', ...rows, '3,ann,2026-01-03T00:00:00Z'),
    ...EVENTS,
    '--source',
    'orders-may',
    '--json',
  );
  expect(again.code).toBe(0);
  expect(again.stderr).not.toContain('the source is');
  expect(JSON.parse(again.stdout)).toMatchObject({
    source: 'import:orders-may',
    rows: { stored: 1, duplicate: 2, refused: 0 },
  });
});

test('refused rows are told loudly: exit 0, 2 if strict, 2 if there was nothing else', async () => {
  const mixed = file('mixed.csv', '1,ann,2026-01-01T00:00:00Z', '2,bob,yesterday');
  const lenient = await run(mixed, ...EVENTS, '--source', 'mixed');
  expect(lenient).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('line 3: "yesterday"'),
  });
  expect(lenient.stderr).toContain('1 row NOT stored; the table import_errors says why');
  // The same import: there is nothing left to do, and it is still not complete.
  expect((await run(mixed, ...EVENTS, '--source', 'mixed', '--strict')).code).toBe(2);
  const hopeless = file('hopeless.csv', '1,ann,never', '2,bob,yesterday');
  expect((await run(hopeless, ...EVENTS, '--source', 'h')).code).toBe(2);
  expect(await run(mixed, '--profile', 'whom', '--trait', 'id')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('no column whom (did you mean who?)'),
  });
});
