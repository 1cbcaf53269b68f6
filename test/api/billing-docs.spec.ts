/** What docs/api.md shows of billing, run as it stands there: a webhook signed by openssl, sent by curl. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { blocksOf, expected } from './documented.js';
import { startRest, type RestServer } from './rest-server.js';

const SECRET = 'whsec_0123456789abcdefghij';

let db: TestDatabase;
let rest: RestServer;
beforeAll(async () => {
  db = await testDatabase();
  rest = await startRest(db, 'api', { REKINDLE_STRIPE_SECRETS: SECRET });
});
afterAll(async () => {
  await rest.stop();
  await db.close();
});

test('every block answers what stands under it', async () => {
  const blocks = blocksOf('Billing').filter(({ answer }) => answer !== null);
  expect(blocks).toHaveLength(2);
  const env = {
    PATH: process.env['PATH'],
    KEY: await rest.newKey('read'),
    URL: rest.url,
    REKINDLE_STRIPE_SECRETS: SECRET,
  };
  for (const { script, answer } of blocks) {
    const run = ['--norc', '-euo', 'pipefail', '-c', script];
    const { stdout } = await promisify(execFile)('bash', run, { env });
    expect(JSON.parse(stdout)).toEqual(expected(answer!));
  }
});
