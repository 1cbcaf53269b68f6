/**
 * The embedded server under everything that can happen to it: clean stops, killed owners, killed
 * servers, two processes at once, root and not, folders closed to others.
 */
import { EventEmitter, once } from 'node:events';
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { durabilityProblems } from '../../src/app/check-server.js';
import { capLog, findPostmaster, openHome } from '../../src/app/embedded-home.js';
import { startEmbedded, type EmbeddedPostgres } from '../../src/app/embedded-postgres.js';
import { runTypescript, type Running } from '../support/processes.js';

let home: string;
const holders: Running[] = [];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'rekindle-embedded-'));
});
afterEach(async () => {
  for (const holder of holders.splice(0)) {
    holder.kill();
    await holder.ended;
  }
  const left = findPostmaster(openHome(home));
  if (left) process.kill(left.pid, 'SIGQUIT');
  rmSync(home, { recursive: true, force: true });
});

function hold(): Running {
  const holder = runTypescript('test/processes/embedded-holder.ts', [home]);
  holders.push(holder);
  return holder;
}

/** Waits until the holder serves; tells whether it started or adopted the server, and the server's pid. */
async function served(holder: Running): Promise<{ how: string; pid: number }> {
  const [how, pid] = (await holder.line(/^(started|adopted) /)).split(' ');
  return { how: how!, pid: Number(pid) };
}

async function query(server: EmbeddedPostgres, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

const isAlive = (pid: number) => readCommand(pid) !== '';
function readCommand(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

test('starts on 127.0.0.1 with safe settings, a password of its own, and stops without a trace', async () => {
  const server = await startEmbedded({ home });
  const pid = server.pid!;
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  expect(await durabilityProblems(client)).toEqual([]);
  await client.end();
  expect(await query(server, 'show listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
  expect(statSync(join(home, 'password')).mode & 0o777).toBe(0o600);
  expect(statSync(join(home, 'postgres')).mode & 0o777).toBe(0o700);
  const wrong = new URL(server.url);
  wrong.password = 'wrong';
  const intruder = new pg.Client({ connectionString: wrong.href });
  await expect(intruder.connect()).rejects.toThrow('password authentication failed');
  await server.stop();
  expect(isAlive(pid)).toBe(false);
  expect(server.pid).toBeNull();
});

test('letters, order and log are the same on every machine: no locale, no values', async () => {
  const server = await startEmbedded({ home });
  expect(await query(server, `select lower('ЖÄ') as low, 'a' > 'B' as points`)).toEqual([
    { low: 'жä', points: true },
  ]);
  await query(server, 'create table t (address text unique)');
  await query(server, `insert into t values ('canary@example.com')`);
  const again = query(server, `insert into t values ('canary@example.com')`);
  await expect(again).rejects.toThrow('unique');
  await server.stop();
  const log = readFileSync(join(home, 'postgres.log'), 'utf8');
  expect(log).toContain('unique');
  expect(log).not.toContain('canary');
});

test('kill -9 of node leaves the server, which the next run adopts and stops', async () => {
  const first = hold();
  const { how, pid } = await served(first);
  expect(how).toBe('started');
  first.kill('SIGKILL');
  await first.ended;
  expect(isAlive(pid)).toBe(true);
  const second = hold();
  expect(await served(second)).toEqual({ how: 'adopted', pid });
  second.kill('SIGTERM');
  expect(await second.ended).toBe(0);
  expect(isAlive(pid)).toBe(false);
});

test('kill -9 of node and server: the next run starts anew with every commit', async () => {
  const first = hold();
  const { pid } = await served(first);
  first.kill('SIGKILL');
  process.kill(pid, 'SIGKILL');
  await first.ended;
  const server = await startEmbedded({ home });
  expect(server.adopted).toBe(false);
  expect(await query(server, 'select pid from notes')).toEqual([{ pid: first.pid }]);
  await server.stop();
});

test('kill -9 of the server alone: its owner starts it again on the same port', async () => {
  const told = new EventEmitter();
  const server = await startEmbedded({ home, log: (line) => told.emit(line) });
  const back = once(told, 'the embedded server is back');
  const { pid, url } = server;
  process.kill(pid!, 'SIGKILL');
  await back;
  expect(server.url).toBe(url);
  expect(server.pid).not.toBe(pid);
  expect(await query(server, 'select 1 as one')).toEqual([{ one: 1 }]);
  await server.stop();
});

test('SIGINT at the terminal does not reach the server', async () => {
  const holder = hold();
  const { pid } = await served(holder);
  const group = (of: number) =>
    readFileSync(`/proc/${of}/stat`, 'utf8').split(') ')[1]!.split(' ')[2];
  expect(group(pid)).toBe(String(pid));
  expect(group(holder.pid)).not.toBe(String(pid));
});

test('processes that start together share one server; the last one out stops it', async () => {
  const all = [hold(), hold(), hold()];
  const served3 = await Promise.all(all.map(served));
  const pid = served3[0]!.pid;
  expect(new Set(served3.map((s) => s.pid)).size).toBe(1);
  for (const holder of all.slice(0, 2)) {
    holder.kill('SIGTERM');
    expect(await holder.ended).toBe(0);
    expect(isAlive(pid)).toBe(true);
  }
  all[2]!.kill('SIGTERM');
  expect(await all[2]!.ended).toBe(0);
  expect(isAlive(pid)).toBe(false);
});

test('all stopping together leave no server behind', async () => {
  const all = [hold(), hold(), hold()];
  const [first] = await Promise.all(all.map(served));
  for (const holder of all) holder.kill('SIGTERM');
  expect(await Promise.all(all.map((holder) => holder.ended))).toEqual([0, 0, 0]);
  expect(isAlive(first!.pid)).toBe(false);
});

test('a postmaster.pid whose number belongs to another process now is no obstacle', async () => {
  const first = await startEmbedded({ home });
  const file = join(home, 'postgres', 'postmaster.pid');
  const stale = readFileSync(file, 'utf8').split('\n');
  await first.stop();
  // A process of the same account as the server's, else PostgreSQL would see through it itself.
  const { uid, gid } = statSync(join(home, 'postgres'));
  const stranger = runTypescript('test/processes/stranger.ts', [String(uid), String(gid)]);
  holders.push(stranger);
  await stranger.line(/here/);
  writeFileSync(file, [String(stranger.pid), ...stale.slice(1)].join('\n'));
  const second = await startEmbedded({ home });
  expect(second.adopted).toBe(false);
  await second.stop();
});

test('stop() ends sessions that others left open', async () => {
  const server = await startEmbedded({ home });
  const idle = new pg.Client({ connectionString: server.url });
  const dropped = new Promise((resolve) => idle.on('error', resolve));
  await idle.connect();
  await server.stop(100);
  await dropped;
  expect(server.pid).toBeNull();
});

test('a lost password is told with what to do', async () => {
  await (await startEmbedded({ home })).stop();
  rmSync(join(home, 'password'));
  await expect(startEmbedded({ home })).rejects.toThrow('put the file back');
});

test('a server set for speed alone is named with its remedy', async () => {
  const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
  const server = await startEmbedded({ home, settings });
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  const problems = await durabilityProblems(client);
  await client.end();
  await server.stop();
  expect(problems.join('\n')).toMatch(/ALTER SYSTEM SET fsync = on/);
  expect(problems).toHaveLength(3);
});

test('the log of starts and stops holds nothing that looks like a fault', async () => {
  for (let starts = 0; starts < 3; starts += 1) await (await startEmbedded({ home })).stop();
  const log = readFileSync(join(home, 'postgres.log'), 'utf8');
  expect(log).not.toMatch(/ERROR|FATAL|PANIC/);
});

test('a log that has grown is set aside under the running server', async () => {
  const server = await startEmbedded({ home });
  const file = join(home, 'postgres.log');
  appendFileSync(file, 'x'.repeat(10_000_001));
  capLog(openHome(home));
  await expect(query(server, 'select * from nowhere')).rejects.toThrow('nowhere');
  await server.stop();
  expect(readFileSync(file, 'utf8')).toMatch(/nowhere/);
  expect(statSync(file).size).toBeLessThan(10_000);
  expect(statSync(`${file}.1`).size).toBeGreaterThan(10_000_000);
});
