/** DKIM: what arrives is what was signed, all that matters is covered, and nothing leaves unsigned. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnvironment } from '../../src/app/environment.js';
import { DatabaseClock } from '../../src/core/clock.js';
import { Mailer } from '../../src/delivery/mailer.js';
import { mailSigner } from '../../src/delivery/sign-mail.js';
import { parseSmtpUrl } from '../../src/delivery/smtp-url.js';
import type { TestDatabase } from '../support/database.js';
import { testDatabase } from '../support/database.js';
import type { Sink } from '../support/sink.js';
import { startSink } from '../support/sink.js';
import { seedDefinitions, seedPending } from './pending-messages.js';
import { verifyDkim } from './verify-dkim.js';

const rsa = (bits: number) =>
  generateKeyPairSync('rsa', {
    modulusLength: bits,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
const { publicKey, privateKey } = rsa(2_048);
const dkim = { domain: 'acme.example', selector: 'rekindle1', privateKey };

let db: TestDatabase;
let sink: Sink;
let folder: string;

beforeAll(async () => {
  db = await testDatabase();
  sink = await startSink({ full: true });
  folder = mkdtempSync(join(tmpdir(), 'rekindle-dkim-'));
});
afterAll(async () => {
  await sink.close();
  await db.close();
  rmSync(folder, { recursive: true });
});

const OWED = ['from', 'to', 'subject', 'date', 'message-id', 'mime-version', 'content-type'];
const OWED_IN_BULK = [
  ...OWED,
  'list-id',
  'list-unsubscribe',
  'list-unsubscribe-post',
  'feedback-id',
  'precedence',
];

it('what arrives carries a signature that holds and covers what it must', async () => {
  const workspace = await seedDefinitions(db.pool);
  const odd = { first_name: 'Jürgen  \t“Jo”' };
  await seedPending(db.pool, workspace, { count: 1, traits: odd });
  await seedPending(db.pool, workspace, {
    count: 1,
    campaign: 'receipt',
    purpose: 'transactional',
  });
  const mailer = new Mailer({
    connections: db.pool,
    clock: new DatabaseClock(),
    server: parseSmtpUrl(`smtp://127.0.0.1:${sink.port}`),
    publicUrl: 'https://links.acme.example',
    dkim,
  });
  await mailer.start();
  await mailer.idle();
  await mailer.stop();
  const sources = sink.mails().map(({ source }) => source!);
  expect(sources).toHaveLength(2);
  for (const source of sources) {
    const { covered, ...verified } = verifyDkim(source, publicKey);
    expect(verified).toEqual({ valid: true, domain: 'acme.example', selector: 'rekindle1' });
    const bulk = source.includes('List-Unsubscribe');
    expect(covered).toEqual(expect.arrayContaining(bulk ? OWED_IN_BULK : OWED));
    // The verifier is no yes-man.
    for (const change of [
      source.replace('\r\n\r\n', '\r\n\r\nx'),
      source.replace('Subject: ', 'Subject: x'),
      source.replace(/(List-Unsubscribe: <|Message-ID: <)/, '$1x'),
    ])
      expect(verifyDkim(change, publicKey).valid).toBe(false);
  }
});

it.each([
  ['no body', 'Subject: x\r\nFrom: a@b.example\r\n\r\n'],
  ['blanks and empty lines at its end', 'From: a@b.example\r\n\r\nhi \t there  \r\n\r\n\r\n'],
  ['lines of dots', 'From: a@b.example\r\n\r\n.\r\n..\r\n'],
  ['a folded header', 'From: a@b.example\r\nSubject: a\r\n b\r\n\r\nhi\r\n'],
])('a mail with %s is signed so that it holds', async (_, source) => {
  const signed = (await mailSigner(dkim)(Buffer.from(source))).toString();
  expect(signed.endsWith(source)).toBe(true);
  expect(verifyDkim(signed, publicKey).valid).toBe(true);
});

it('a key that cannot sign stops the mail', async () => {
  const mail = Buffer.from('From: a@b.example\r\n\r\nhi\r\n');
  expect(() => mailSigner({ ...dkim, privateKey: 'no key' })).toThrow();
  // nodemailer's signer answers the like with unsigned mail.
  const agreement = generateKeyPairSync('x25519').privateKey;
  const pem = agreement.export({ type: 'pkcs8', format: 'pem' }).toString();
  await expect(mailSigner({ ...dkim, privateKey: pem })(mail)).rejects.toThrow(
    'could not be signed',
  );
});

describe('at start', () => {
  const file = (content: string): string => {
    const path = join(folder, `${Math.abs(content.length)}.pem`);
    writeFileSync(path, content);
    return path;
  };
  const settings = (keyFile: string, more: Record<string, string> = {}) => ({
    REKINDLE_DKIM_DOMAIN: 'Acme.example',
    REKINDLE_DKIM_SELECTOR: 'rekindle1',
    REKINDLE_DKIM_KEY_FILE: keyFile,
    ...more,
  });

  it('a good key is read; without one mails go unsigned', () => {
    expect(parseEnvironment({}, settings(file(privateKey))).dkim).toEqual({
      ...dkim,
      privateKey,
    });
    expect(parseEnvironment({}, {}).dkim).toBeNull();
  });

  const ed25519 = generateKeyPairSync('ed25519').privateKey;
  it.each<[string, () => Record<string, string>, string]>([
    ['no such file', () => settings('/nowhere/key.pem'), 'REKINDLE_DKIM_KEY_FILE: must be a file'],
    ['no key', () => settings(file('SECRET')), 'must be a private key in PEM'],
    ['a public key', () => settings(file(publicKey)), 'must be a private key in PEM'],
    ['a short key', () => settings(file(rsa(512).privateKey)), 'at least 1024 bits'],
    [
      'another kind of key',
      () => settings(file(ed25519.export({ type: 'pkcs8', format: 'pem' }).toString())),
      'an RSA key',
    ],
    [
      'no selector',
      () => settings(file(privateKey), { REKINDLE_DKIM_SELECTOR: '' }),
      'REKINDLE_DKIM_SELECTOR: must be set as well',
    ],
    [
      'a tag in the domain',
      () => settings(file(privateKey), { REKINDLE_DKIM_DOMAIN: 'a.example; l=0' }),
      'must be a domain',
    ],
  ])('%s stops it and quotes no key', (_, variables, rule) => {
    let said = '';
    try {
      parseEnvironment({}, variables());
    } catch (error) {
      said = (error as Error).message;
    }
    expect(said).toContain(rule);
    expect(said).not.toMatch(/SECRET|BEGIN RSA|MII/);
  });
});
