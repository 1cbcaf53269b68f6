/** The first hour of docs/api.md, run as it stands there: every block by bash and curl, every answer as documented. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { startRest, type RestServer } from './rest-server.js';

const PAGE = resolve(__dirname, '../../docs/api.md');
const BETWEEN = '\n--- next block ---\n';

let db: TestDatabase;
let rest: RestServer;
let folder: string;
beforeAll(async () => {
  db = await testDatabase();
  rest = await startRest(db, 'api,engine,mailer');
  folder = mkdtempSync(join(tmpdir(), 'rekindle-first-hour-'));
});
afterAll(async () => {
  await rest.stop();
  await db.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Blocks of the section with the answer under each, null where none is shown. */
function documented(): { script: string; answer: string | null }[] {
  const [, after] = readFileSync(PAGE, 'utf8').split('\n## The first hour\n');
  const section = after!.split('\n## ', 1)[0]!;
  return [...section.matchAll(/^```sh\n(.*?)^```\n(?:\n```json\n(.*?)^```)?/gms)]
    .map(([, script, answer]) => ({ script: script!, answer: answer ?? null }))
    .filter(({ script }) => !script.includes('cli.js'));
}

/** `"…"` stands for anything. */
function expected(answer: string): unknown {
  return JSON.parse(answer, (_key, value: unknown) => {
    if (value === '…') return expect.anything() as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (expect.objectContaining(value) as unknown)
      : value;
  });
}

test('every block answers what stands under it', async () => {
  const blocks = documented();
  expect(blocks.length).toBeGreaterThan(15);
  const script = blocks
    .map((block) => block.script)
    .join(`printf '${BETWEEN.replaceAll('\n', '\\n')}'\n`);
  const key = await rest.newKey('ingest', 'manage');
  const env = { PATH: process.env['PATH'], KEY: key, URL: rest.url };
  const { stdout } = await promisify(execFile)(
    'bash',
    ['--norc', '-euo', 'pipefail', '-c', script],
    {
      cwd: folder,
      env,
    },
  );
  stdout.split(BETWEEN).forEach((printed, n) => {
    const { script: asked, answer } = blocks[n]!;
    // Several calls of one block answer one after the other: the last one is shown.
    const last = printed
      .trim()
      .split(/\n|(?<=\})(?=\{")/)
      .at(-1)!;
    if (answer !== null) expect([asked, JSON.parse(last)]).toEqual([asked, expected(answer)]);
  });
});
