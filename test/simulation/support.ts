/** What the specs of simulations share. */
import { createWorkspaceSchema } from '../../src/app/migrate.js';
import { openPool } from '../../src/app/database.js';
import { checkConfiguration } from '../../src/app/check-configuration.js';
import type { Definitions } from '../../src/language/definitions.js';
import type { Workspaces } from '../../src/simulation/simulation-schema.js';
import type { TestDatabase } from '../support/database.js';

/** A test database as a simulation sees it. */
export function workspacesOf(db: TestDatabase): Workspaces {
  return {
    live: db.pool,
    create: (schema) => createWorkspaceSchema(db.pool, schema),
    open: (schema) => openPool(db.url, { schema, max: 2 }),
  };
}

/** The configuration in test/fixtures/cdnow, which must have nothing to complain about. */
export async function cdnowDefinitions(): Promise<Definitions> {
  const config = 'test/fixtures/cdnow';
  const { definitions, diagnostics } = await checkConfiguration({
    config,
    templates: `${config}/templates`,
  });
  expect(diagnostics).toEqual([]);
  return definitions!;
}
