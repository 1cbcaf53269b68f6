/**
 * A sender of webhooks in a process of its own, for tests that kill it. Arguments: database, schema, lease in ms. Says
 * `sending` once it looks for work.
 */
import { openPool } from '../../src/app/database.js';
import { DatabaseClock } from '../../src/core/clock.js';
import { SILENT } from '../../src/core/outage.js';
import { AddressGuard } from '../../src/webhooks/address-guard.js';
import { Postman } from '../../src/webhooks/post-webhook.js';
import { WebhookSender } from '../../src/webhooks/webhook-sender.js';

const [url, schema, leaseMs] = process.argv.slice(2);
const sender = new WebhookSender({
  connections: openPool(url!, { schema: schema!, max: 4 }),
  clock: new DatabaseClock(),
  report: SILENT,
  postman: new Postman({ guard: new AddressGuard(['127.0.0.1']) }),
  leaseMs: Number(leaseMs),
});
setInterval(() => sender.look(), 50);
console.log('sending');
