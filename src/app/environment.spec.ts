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

test.each([
  ['DATABASE_URL', 'postgres://u:hunter2#x@h/d', 'write @ as %40'],
  ['DATABASE_URL', 'postgres://u:hunter2@h:99999/d', 'check host and port'],
  ['DATABASE_URL', 'h:5432/d', 'begins with postgres:// or postgresql://'],
  ['REDIS_URL', 'redis://:12#34@h', '# as %23'],
  ['REDIS_URL', 'redis://h/main', 'number of a database'],
  ['SMTP_URL', 'smtp://u:100%@h', '% as %25'],
  ['SMTP_URL', 'smtp://u:hunter2@h?tsl=require', 'unknown parameter "tsl"'],
  ['SMTP_URL', 'smtp://h?connections=0', 'connections is a whole number from 1 to 200'],
  ['SMTP_URL', 'smtp:h', 'begins with smtp:// or smtps://'],
  ['REKINDLE_PUBLIC_URL', 'https://h/?a=1', 'without name, password and query'],
  ['REKINDLE_HOST', 'http://0.0.0.0', 'without scheme and port'],
  ['REKINDLE_HOST', '0.0.0.0:3000', 'without scheme and port'],
  ['REKINDLE_PORT', 'off', 'or none'],
  ['REKINDLE_SCHEMA', 'pg_rekindle', "PostgreSQL's"],
  ['REKINDLE_WEBHOOK_ALLOW', 'localhost', 'such as 127.0.0.1,10.0.0.0/8'],
  ['REKINDLE_WEBHOOK_ALLOW', '10.1.2.3/8', 'separated by commas'],
  ['REKINDLE_TRUSTED_PROXIES', 'true', 'addresses and networks'],
  ['REKINDLE_TRUSTED_PROXIES', '1', 'addresses and networks'],
  ['REKINDLE_TRUSTED_PROXIES', 'proxy.internal', 'addresses and networks'],
  ['REKINDLE_WEBHOOK_ALLOW', '127.0.0.1;10.0.0.0/8', 'separated by commas'],
])('%s=%s is refused with the rule that it broke', (key, value, rule) => {
  expect(() => parse({ [key]: value })).toThrow(`${key}: must be`);
  expect(() => parse({ [key]: value })).toThrow(rule);
  expect(() => parse({ [key]: value })).not.toThrow('hunter2');
});

test('an SMTP_URL that got lost is no wish for the dev mailbox', () => {
  expect(() => parse({ SMTP_URL: ' \n' })).toThrow('SMTP_URL: is set but empty');
  expect(() => parse({ REKINDLE_TRANSPORT: 'smtp' })).toThrow('together with SMTP_URL');
  expect(() => parse({ REKINDLE_TRANSPORT: 'none' })).toThrow('smtp or dev_mailbox');
  expect(parse({})).toMatchObject({ smtpUrl: null, devMailboxWanted: false });
  expect(parse({ SMTP_URL: 'smtp://h' })).toMatchObject({ smtpUrl: 'smtp://h' });
  const asked = { REKINDLE_TRANSPORT: 'dev_mailbox' };
  for (const url of ['', 'smtp://h'])
    expect(parse({ ...asked, SMTP_URL: url })).toMatchObject({
      smtpUrl: null,
      devMailboxWanted: true,
    });
});

test.each(['127.0.0.1', '0.0.0.0', '::', '::1', 'fe80::1%eth0', 'localhost', 'api.internal'])(
  'REKINDLE_HOST may be %s',
  (value) => expect(parse({ REKINDLE_HOST: value }).host).toBe(value),
);

test.each([
  'postgres:///d?host=/var/run/postgresql',
  'postgres://u:p%40ss@h:5432/d?sslmode=require',
  'postgresql://h/d',
])('DATABASE_URL may be %s', (value) =>
  expect(parse({ DATABASE_URL: `${value}\n` }).databaseUrl).toBe(value),
);

test('what the command line said wrong is told by its option', () => {
  expect(() => parseEnvironment({ port: 'x' }, {})).toThrow(/^ {2}--port: must be/m);
});

test('webhooks go to public addresses only, and to those that are named', () => {
  expect(parse({}).webhookAllow).toEqual([]);
  const named = parse({ REKINDLE_WEBHOOK_ALLOW: '127.0.0.1, ::1,10.0.0.0/8' });
  expect(named.webhookAllow).toEqual(['127.0.0.1', '::1', '10.0.0.0/8']);
});

test('only the api listens unless told, and links lead to the api', () => {
  expect(parse({ REKINDLE_ROLES: 'engine' }).port).toBeNull();
  expect(parse({ REKINDLE_ROLES: 'api,mailer' }).port).toBe(3000);
  expect(parse({ REKINDLE_PORT: 'none' }).port).toBeNull();
  const mailer = parse({ REKINDLE_ROLES: 'mailer', REKINDLE_PORT: '3001' });
  expect(mailer).toMatchObject({ port: 3001, publicUrl: 'http://127.0.0.1:3000' });
  expect(parse({ REKINDLE_HOST: '::1' }).publicUrl).toBe('http://[::1]:3000');
});

test('a secret is not printed', () => {
  const secret = 'hunter2';
  for (const value of [`mysql://u:${secret}@h/d`, secret, `//u:${secret}@h`]) {
    expect(() => parse({ DATABASE_URL: value })).toThrow('postgres://');
    expect(() => parse({ DATABASE_URL: value })).not.toThrow(secret);
  }
});

test('secrets of billing systems, several of one while they are replaced', () => {
  const stripe = ['whsec_0123456789abcdef', 'whsec_ABCDEFGHIJKLMNOP'];
  const parsed = parse({
    REKINDLE_STRIPE_SECRETS: stripe.join(', '),
    REKINDLE_BILLING_SECRETS: 'paddle=pdl_a=b=c,chargebee=user:password,paddle=pdl_other',
  });
  expect(parsed.billingSecrets).toEqual({
    stripe,
    paddle: ['pdl_a=b=c', 'pdl_other'],
    chargebee: ['user:password'],
  });
  expect(parse({}).billingSecrets).toEqual({});
});

test.each([
  ['REKINDLE_STRIPE_SECRETS', 'sk_live_0123456789hunter2', 'whsec_...'],
  ['REKINDLE_STRIPE_SECRETS', 'whsec_hunter2', 'whsec_...'],
  ['REKINDLE_STRIPE_SECRETS', 'whsec_0123456789abcdef;hunter2', 'whsec_...'],
  ['REKINDLE_BILLING_SECRETS', 'hunter2hunter2', 'name=secret'],
  ['REKINDLE_BILLING_SECRETS', 'My Paddle=hunter2hunter2', 'name=secret'],
  ['REKINDLE_BILLING_SECRETS', 'paddle=hunter2', 'at least 8 characters'],
  ['REKINDLE_BILLING_SECRETS', 'stripe=whsec_hunter2hunter2hunter2', 'REKINDLE_STRIPE_SECRETS'],
  ['REKINDLE_BILLING_SECRETS', '__proto__=hunter2hunter2', 'name=secret'],
])('%s: a value that is none stops the start without being quoted', (key, value, rule) => {
  expect(() => parse({ [key]: value })).toThrow(`${key}: must be`);
  expect(() => parse({ [key]: value })).toThrow(rule);
  expect(() => parse({ [key]: value })).not.toThrow('hunter2');
});

test('variables that hold nothing but secrets of webhooks can sign, and no others', () => {
  const secret = (bytes: number) => `whsec_${Buffer.alloc(bytes, 1).toString('base64')}`;
  const { endpointSecrets } = parse({
    CRM_SECRET: ` ${secret(24)} `,
    BOTH: `${secret(32)} ${secret(64)}`,
    PATH: '/bin',
    SHORT: secret(23),
    LONG: secret(65),
    BROKEN: 'whsec_abc',
    BARE: Buffer.alloc(32, 1).toString('base64'),
    MIXED: `${secret(32)} hunter2`,
    EMPTY: '',
  });
  expect(endpointSecrets).toEqual({
    CRM_SECRET: [secret(24)],
    BOTH: [secret(32), secret(64)],
  });
});
