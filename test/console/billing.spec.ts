/** Billing systems on the system page: what is set up, what came, what was refused and why. */
import { addReceipts } from '../../src/ingest/billing/receipts.sql.js';
import { applyFiles, FILES } from '../api/world.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { startConsole, type ConsoleServer } from './console-server.js';

const PADDLE = `billing:
  paddle:
    signature: { header: x-signature }
    type: type
    at: at
    profile: { user: user }
    events: { paid: { event: invoice_paid } }
  lemon:
    signature: { header: x-signature }
    type: type
    at: at
    profile: { user: user }
    events: { paid: { event: invoice_paid } }
`;

let db: TestDatabase;
let server: ConsoleServer;
beforeAll(async () => {
  db = await testDatabase();
  server = await startConsole(db, {
    REKINDLE_STRIPE_SECRETS: 'whsec_0123456789abcdefghij',
    REKINDLE_BILLING_SECRETS: 'paddle=secret-of-paddle,forgotten=secret-of-nobody',
  });
});
afterAll(async () => {
  await server.stop();
  await db.close();
});

const section = (text: string): string => /<section[^>]*id="billing".*?<\/section>/s.exec(text)![0];

/** The cells of each row of the first table, tags taken out. */
function rowsOf(html: string): string[][] {
  const [table] = html.split('</table>', 1);
  const rows = [...table!.matchAll(/<tr>(.*?)<\/tr>/gs)].slice(1);
  return rows.map(([, row]) =>
    [...row!.matchAll(/<td.*?>(.*?)<\/td>/gs)].map(([, cell]) => cell!.replace(/<[^>]+>/g, '')),
  );
}

test('where nothing is connected it says what to set', async () => {
  const spare = await testDatabase();
  const bare = await startConsole(spare);
  const viewer = await bare.as('viewer');
  expect(section((await viewer.get('/console/system')).text)).toContain('REKINDLE_STRIPE_SECRETS');
  await bare.stop();
  await spare.close();
});

test('each system says what it lacks, when it was heard of and what became of what it sent', async () => {
  await applyFiles(db, { ...FILES, 'rekindle.yaml': FILES['rekindle.yaml']! + PADDLE });
  const now = Date.now();
  const receipt = (
    outcome: 'stored' | 'refused' | 'ignored' | 'repeated' | 'unsigned',
    what: string,
    count: number,
  ) => ({
    source: 'stripe',
    outcome,
    what,
    count,
  });
  await addReceipts(
    db.pool,
    [
      receipt('stored', 'invoice.paid', 1200),
      receipt('stored', 'customer.subscription.updated', 34),
      receipt('repeated', 'invoice.paid', 2),
      receipt('ignored', 'plan.created', 5),
      receipt('refused', 'invoice.payment_failed', 1),
    ],
    now - 3 * 3_600_000,
  );
  await addReceipts(
    db.pool,
    [receipt('unsigned', 'wrong', 7), { ...receipt('unsigned', '<b>', 1), source: 'gone' }],
    now,
  );
  const viewer = await server.as('viewer');
  const html = section((await viewer.get('/console/system')).text);
  expect(rowsOf(html)).toEqual([
    ['forgotten', 'not mapped', 'never', '0', '0', '0', '0', '0'],
    ['gone', 'without a secret', 'never', '0', '0', '0', '0', '1'],
    ['lemon', 'without a secret', 'never', '0', '0', '0', '0', '0'],
    ['paddle', 'ready', 'never', '0', '0', '0', '0', '0'],
    // Whoever guesses signatures is not Stripe.
    ['stripe', 'ready', '3 h ago', '1,234', '2', '5', '1', '7'],
  ]);
  expect(html).toMatch(
    /Stored<\/td><td><code>customer\.subscription\.updated<\/code><\/td><td class="number">34</,
  );
  expect(html).toContain('&lt;b>');
  expect(html).not.toContain('secret-of');
});
