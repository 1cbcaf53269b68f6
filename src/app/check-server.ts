/**
 * Whether a PostgreSQL server keeps what it acknowledges. The whole engine rests on commits that
 * survive a crash (design.md 1 and 5): a server set for speed alone would send mails twice after one.
 */
import type { Queryable } from '../core/queryable.js';
import { OperationalError } from '../core/errors.js';

/** Oldest PostgreSQL that is supported, as server_version_num. */
const OLDEST = 150_000;

const SETTINGS = {
  fsync: 'a power cut may destroy the whole database',
  full_page_writes: 'a power cut may leave torn pages',
  synchronous_commit: 'a crash forgets commits that were acknowledged, so mails go out twice',
};

/**
 * What is wrong with the server's settings, a line each with its remedy; empty when it is safe.
 * Throws OperationalError when the server is older than 15.
 */
export async function durabilityProblems(sql: Queryable): Promise<string[]> {
  const { rows } = await sql.query<{ name: string; setting: string }>(
    `select name, setting from pg_settings where name = any($1)`,
    [['server_version_num', 'server_version', ...Object.keys(SETTINGS)]],
  );
  const settings = new Map(rows.map(({ name, setting }) => [name, setting]));
  if (Number(settings.get('server_version_num')) < OLDEST) {
    throw new OperationalError(
      `PostgreSQL ${settings.get('server_version')} is too old; Rekindle needs 15 or newer`,
      'permanent',
    );
  }
  return Object.entries(SETTINGS)
    .filter(([name]) => settings.get(name) === 'off')
    .map(([name, why]) => `${name} is off: ${why}. ALTER SYSTEM SET ${name} = on, then reload.`);
}

/** Refuses a server that may lose commits, or under `relaxed` only says so. */
export async function checkServer(
  sql: Queryable,
  durability: 'strict' | 'relaxed',
  warn: (line: string) => void,
): Promise<void> {
  const problems = await durabilityProblems(sql);
  if (problems.length === 0) return;
  const list = problems.map((problem) => `\n  ${problem}`).join('');
  if (durability === 'relaxed') {
    warn(`THE DATABASE MAY LOSE WHAT IT ACKNOWLEDGED:${list}`);
    return;
  }
  throw new OperationalError(
    `the database may lose what it acknowledged:${list}\n  REKINDLE_DURABILITY=relaxed starts anyway.`,
    'permanent',
  );
}
