/**
 * Why a process cannot start, in one sentence: what, where, what to do. In: an error of the system or of a driver and
 * where it came from; out: an OperationalError with the original as its cause, or the error itself where we know no
 * better. Places are told without passwords. Pure.
 */
import pg from 'pg';
import { OperationalError } from '../core/errors.js';
import { errorText } from '../core/error-fields.js';

/** `database "d" at host:5432, as "account"`: what a connection string leads to. */
export function databasePlace(url: string): string {
  const { host, port, database, user } = new pg.Client({ connectionString: url });
  const where = host.startsWith('/') ? host : `${host}:${port}`;
  const account = user === undefined ? 'the account of this process' : JSON.stringify(user);
  return `database ${JSON.stringify(database ?? account)} at ${where}, as ${account}`;
}

/** `host:port` of a URL, without the rest. */
export function hostOf(url: string, port: number): string {
  const parsed = new URL(url);
  return `${parsed.hostname}:${parsed.port || port}`;
}

const NETWORK: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there: start the server, or correct the address',
  ENOTFOUND: 'there is no such host: correct the address',
  EAI_AGAIN: 'the name cannot be looked up now: check the network, or correct the address',
  ETIMEDOUT: 'no answer: check address, network and firewall',
  EHOSTUNREACH: 'no way there: check address, network and firewall',
  ENETUNREACH: 'no way there: check address, network and firewall',
  ECONNRESET: 'the connection is cut: check that the address and the use of TLS are right',
  ENOENT: 'there is no such socket: start the server, or correct the address',
};

const REFUSALS: Readonly<Record<string, string>> = {
  '28P01': 'the password is wrong, or there is no such account',
  '28000':
    'the server lets this account not in: see its pg_hba.conf, and whether it asks for TLS (?sslmode=require)',
  '3D000': 'the server has no such database: make it, or correct the address',
  '42501':
    'the account may not do that there: grant it CREATE on the database, or its schema to it',
  '53300': 'the server has no connection left: raise max_connections, or run fewer processes',
  '53100': "the server's disk is full: make room",
  '57P03': 'the server is starting or stopping: try again',
};

/** Why the database of `url` cannot be used. */
export function databaseRefusal(error: unknown, url: string): unknown {
  if (error instanceof OperationalError) return error;
  const remedy = codesOf(error).map((code) => REFUSALS[code] ?? NETWORK[code]);
  const late = /timeout/.test((error as Error).message) ? NETWORK['ETIMEDOUT'] : undefined;
  const what = remedy.find((one) => one !== undefined) ?? late ?? 'see the setting DATABASE_URL';
  return refusal(`${databasePlace(url)}, cannot be used: ${what}`, error);
}

/** Why Redis cannot be used. */
export function redisRefusal(error: unknown, url: string): OperationalError {
  const known = codesOf(error).map((code) => NETWORK[code]);
  const login = /NOAUTH|WRONGPASS|NOPERM/.test((error as Error).message)
    ? 'name and password are not what it wants'
    : undefined;
  const what = login ?? known.find((one) => one !== undefined) ?? 'see the setting REDIS_URL';
  return refusal(`Redis at ${hostOf(url, 6379)} cannot be used: ${what}`, error);
}

/** Why nobody can listen there. */
export function listenRefusal(error: unknown, host: string, port: number): unknown {
  const other = 'choose another with --port or REKINDLE_PORT';
  const what: Record<string, string> = {
    EADDRINUSE: `port ${port} of ${host} is taken by another process: end that, or ${other} (none = do not listen)`,
    EACCES: `this account may not listen on port ${port}: ${other}, above 1023`,
    EADDRNOTAVAIL: `${host} is no address of this machine: correct REKINDLE_HOST`,
    ENOTFOUND: `${host} is no address of this machine: correct REKINDLE_HOST`,
  };
  const known = codesOf(error)
    .map((code) => what[code])
    .find((one) => one !== undefined);
  return known === undefined ? error : refusal(known, error);
}

/** Why the folder of the embedded database cannot be used. */
export function homeRefusal(error: unknown, home: string): unknown {
  if (error instanceof OperationalError) return error;
  const what: Record<string, string> = {
    EACCES: 'this account may not write there',
    EPERM: 'this account may not write there',
    EROFS: 'it lies on a file system that is read only',
    ENOTDIR: 'something on the way there is a file',
    EEXIST: 'it is a file',
    ENOENT: 'nothing can be made there',
    ENOSPC: 'the disk is full: make room',
    EDQUOT: 'the quota is used up: make room',
    ENAMETOOLONG: 'its name is too long',
    ELOOP: 'its links lead in a circle',
  };
  const known = codesOf(error)
    .map((code) => what[code])
    .find((one) => one !== undefined);
  if (known === undefined) return error;
  return refusal(
    `the folder ${home} cannot hold the embedded database: ${known}. Choose another with REKINDLE_HOME, or set DATABASE_URL to a PostgreSQL of your own`,
    error,
  );
}

function refusal(sentence: string, cause: unknown): OperationalError {
  return new OperationalError(`${sentence} [${errorText(cause)}]`, 'permanent', { cause });
}

/** The error's own code, and those of the addresses that were tried. */
function codesOf(error: unknown): string[] {
  const { code, cause, errors } = (error ?? {}) as Record<string, unknown>;
  return [
    ...(typeof code === 'string' ? [code] : []),
    ...(Array.isArray(errors) ? errors.flatMap(codesOf) : []),
    ...(cause === undefined ? [] : codesOf(cause)),
  ];
}
