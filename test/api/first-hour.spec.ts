/**
 * The first hour of docs/api.md against a fresh `npm start`, run as it stands there: every block by bash and curl, every
 * answer as documented.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { runCommand, type Running } from '../support/processes.js';
import { blocksOf, expected, sectionOf } from './documented.js';

// It installs nothing, but it builds, makes a database of its own and starts.
jest.setTimeout(120_000);

const ROOT = resolve(__dirname, '../..');
const BETWEEN = '\n--- next block ---\n';

let folder: string;
let server: Running;
let env: Record<string, string>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rekindle-first-hour-'));
  const home = { PATH: process.env['PATH']!, REKINDLE_HOME: join(folder, 'home') };
  server = runCommand('npm', ['start', '--silent'], { env: { ...home, REKINDLE_PORT: '0' } });
  const line = await server.line(/"listening"/);
  env = { ...home, URL: /http:[^"]+/.exec(line)![0] };
});
afterAll(async () => {
  server.kill('SIGTERM');
  await server.ended;
  rmSync(folder, { recursive: true, force: true });
});

/** The key as the page has it made. */
async function makeKey(): Promise<string> {
  const [, made] = /^node (dist\/cli\.js keys create.*?) +#/m.exec(sectionOf('The first hour'))!;
  const { stdout } = await promisify(execFile)('node', made!.split(' '), { cwd: ROOT, env });
  return /rk_\w+/.exec(stdout)![0];
}

test('every block answers what stands under it', async () => {
  const blocks = blocksOf('The first hour');
  expect(blocks.length).toBeGreaterThan(15);
  const script = blocks
    .map((block) => block.script)
    .join(`printf '${BETWEEN.replaceAll('\n', '\\n')}'\n`);
  const { stdout } = await promisify(execFile)(
    'bash',
    ['--norc', '-euo', 'pipefail', '-c', script],
    {
      cwd: folder,
      env: { ...env, KEY: await makeKey() },
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
