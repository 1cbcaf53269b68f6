/** What the specs of simulations share. */
import { createWorkspaceSchema } from '../../src/app/migrate.js';
import { openPool } from '../../src/app/database.js';
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

import { campaign, onEvent, project, segment, segmentEntry, send, wait, DAY } from '../engine/scenario.js';
import type { Condition, Definitions } from '../../src/language/definitions.js';
const ordered = (quantity: Record<string, unknown>): Condition =>
  ({ kind: 'event', names: { kind: 'list', names: ['order_completed'] }, occurrence: null, where: [], window: { kind: 'ever' }, quantity }) as Condition;
export async function cdnowDefinitions(): Promise<Definitions> {
  const lapsed = segment('lapsed', {
    kind: 'all',
    of: [ordered({ kind: 'count', tests: [{ op: 'at_least', value: 2, negated: false }] }), ordered({ kind: 'quiet_for', ms: 90 * DAY, negated: false })],
  });
  return { project, segments: [lapsed], templates: [{kind:'template', id:'mail', variants:{'':{} as never}}], campaigns: [campaign('win-back', segmentEntry('lapsed', {again:{kind:'always'}}), [send('reminder'), wait('wait:offer', 7), send('offer'), wait('wait:feedback', 10), send('feedback')], { exit: [{ kind: 'event', match: onEvent('order_completed'), same: null, label: 'event order_completed' }] })] };
}
