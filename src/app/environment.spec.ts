/** The environment stops the start with key, rule and redacted value, or is complete. */
import { parseEnvironment } from './environment.js';

const parse = (variables: Record<string, string>) => parseEnvironment({}, variables);

test('nothing set is a complete environment: embedded database, dev mailbox, every role', () => {
  expect(parse({ PATH: '/bin', HOME: '/root' })).toMatchObject({
    databaseUrl: null,
    redisUrl: null,
    smtpUrl: null,
    schema: 'rekindle',
    host: '127.0.0.1',
    port: 3000,
    roles: ['api', 'engine', 'mailer'],
    durability: 'strict',
    publicUrl: 'http://127.0.0.1:3000',
  });
});

test('roles are put in order and said once', () => {
  expect(parse({ REKINDLE_ROLES: 'mailer, api,mailer' }).roles).toEqual(['api', 'mailer']);
});

test('the command line stands above the environment', () => {
  const variables = { REKINDLE_PORT: '1', REKINDLE_CONFIG: '/a' };
  const parsed = parseEnvironment({ port: '2', config: '/b', roles: 'engine' }, variables);
  expect(parsed).toMatchObject({ port: 2, config: '/b', roles: ['engine'] });
});

test('an empty variable is not set', () => {
  expect(parse({ DATABASE_URL: '', REKINDLE_PORT: '' })).toMatchObject({
    databaseUrl: null,
    port: 3000,
  });
});

test.each([
  ['REKINDLE_PROT', '3000', 'no such setting'],
  ['REKINDLE_PORT', '70000', 'a whole number from 0 to 65535'],
  ['REKINDLE_PORT', '3000x', 'a whole number'],
  ['REKINDLE_ROLES', 'api,worker', 'one or more of api, engine, mailer'],
  ['REKINDLE_SCHEMA', 'a"; drop schema public --', 'lower-case letters'],
  ['REKINDLE_MAIL_CONNECTIONS', '0', 'from 1 to 500'],
  ['REKINDLE_DURABILITY', 'maybe', 'strict or relaxed'],
  ['REKINDLE_PUBLIC_URL', 'javascript:alert(1)', 'http://'],
  ['REDIS_URL', 'http://x', 'redis://'],
])('%s=%s stops the start', (key, value, rule) => {
  expect(() => parse({ [key]: value })).toThrow(key);
  expect(() => parse({ [key]: value })).toThrow(rule);
});

test('all problems are told at once', () => {
  expect(() => parse({ REKINDLE_PORT: 'x', REKINDLE_HOSE: 'y' })).toThrow(
    /REKINDLE_HOSE[\s\S]*REKINDLE_PORT/,
  );
});

test('a secret is not printed', () => {
  const secret = 'hunter2';
  for (const value of [`mysql://u:${secret}@h/d`, secret, `//u:${secret}@h`]) {
    expect(() => parse({ DATABASE_URL: value })).toThrow('postgres://');
    expect(() => parse({ DATABASE_URL: value })).not.toThrow(secret);
  }
});
