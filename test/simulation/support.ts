/** What the specs of simulations share. */
import { createWorkspaceSchema } from '../../src/app/migrate.js';
import { openSchema } from '../../src/app/database.js';
import { checkConfiguration } from '../../src/app/check-configuration.js';
import { VirtualClock } from '../../src/core/clock.js';
import type { ConnectionSource } from '../../src/core/queryable.js';
import { importCsv } from '../../src/ingest/import-csv.js';
import { parseMapping } from '../../src/ingest/import-csv-mapping.js';
import type { Definitions } from '../../src/language/definitions.js';
import type { Workspaces } from '../../src/simulation/simulation-schema.js';
import type { Order } from './win-back-reference.js';
import type { TestDatabase } from '../support/database.js';

/** A test database as a simulation sees it. */
export function workspacesOf(db: TestDatabase): Workspaces {
  return {
    live: db.pool,
    create: (schema) => createWorkspaceSchema(db.pool, schema),
    open: (schema) => openSchema(db.url, { schema, max: 2 }),
  };
}

/** The configuration in test/fixtures/cdnow or the folder beside it, which must have nothing to complain about. */
export async function cdnowDefinitions(
  folder: 'cdnow' | 'cdnow-samples' = 'cdnow',
): Promise<Definitions> {
  const { definitions, diagnostics } = await checkConfiguration({
    config: `test/fixtures/${folder}`,
    templates: 'test/fixtures/cdnow/templates',
  });
  expect(diagnostics).toEqual([]);
  return definitions!;
}

/** Orders as the file that `importOrdersFile` reads. */
export function ordersCsv(orders: readonly Order[]): string {
  const lines = orders.map(
    ({ id, customer, at }) => `${id},${customer},${new Date(at).toISOString()}`,
  );
  return ['order_id,customer_id,ordered_at', ...lines, ''].join('\n');
}

/** Imports a file of orders as the README of the fixture does, but for quantity and amount. */
export async function importOrdersFile(connections: ConnectionSource, file: string): Promise<void> {
  const mapping = parseMapping({
    event: 'order_completed',
    profile: 'customer_id',
    at: 'ordered_at',
    id: 'order_id',
    trait: ['email=c{customer_id}@customers.example'],
    source: 'cdnow',
  });
  await importCsv(connections, { file, mapping, clock: new VirtualClock(Date.UTC(2026, 0, 1)) });
}

/** A campaign and its template, as files of a fixture. */
export const HELLO = `#: config/campaigns/hello.yaml
topic: offers
enter: { event: signed_up, if: { trait: plan, is: pro } }
exit: [{ event: left }]
steps:
  - send: welcome
  - wait: 3 days
    at: 10:00
  - send: welcome
    id: again
    if: { trait: plan, is: pro }
#: templates/welcome.html
---
subject: Welcome, {{profile.first_name}}
sample: { profile: { first_name: Ann } }
---
<p>Good to have you, {{profile.first_name}}.</p><p><a href="{{unsubscribe_url}}">Unsubscribe</a></p>
`;
