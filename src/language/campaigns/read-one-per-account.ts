/** `one_per_account: { prefer: [conditions], otherwise: skip }`: whom of an account a campaign takes. */
import { readCondition } from '../conditions/read-condition.js';
import { IN_CAMPAIGN } from '../conditions/scope.js';
import type { OnePerAccount } from '../definitions.js';
import { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { readChoice } from '../scalars/read-text.js';
import type { Node } from '../syntax/nodes.js';

const EXAMPLE = 'one_per_account: { prefer: [{ trait: role, is: admin }], otherwise: oldest }';

export function readOnePerAccount(reading: Reading, node: Node): OnePerAccount | undefined {
  if (node.kind === 'text')
    return reading.error('RK100', node, '`one_per_account:` is a map', `for example ${EXAMPLE}`);
  const map = reading.asMap(node, '`one_per_account:`');
  if (!map) return undefined;
  const fields = new Fields(reading, map, {
    what: '`one_per_account:`',
    keys: ['prefer', 'otherwise'],
  });
  const prefer = fields.optional('prefer', (list) => readPreferences(reading, list));
  const otherwise = fields.optional('otherwise', (word) =>
    readChoice(reading, word, '`otherwise:`', ['skip', 'most_active', 'oldest'] as const),
  );
  if (prefer === undefined || otherwise === undefined) return undefined;
  if (prefer === null && (otherwise === null || otherwise === 'skip'))
    return reading.error(
      'RK102',
      node,
      'nobody of an account would enter: `one_per_account:` needs `prefer:` or `otherwise:`',
      `for example ${EXAMPLE}`,
    );
  return reading.placed({ prefer: prefer ?? [], otherwise: otherwise ?? 'skip' }, node);
}

function readPreferences(reading: Reading, node: Node): OnePerAccount['prefer'] | undefined {
  const items = reading.asList(node, '`prefer:`');
  if (items?.length === 0)
    return reading.error(
      'RK004',
      node,
      '`prefer:` has an empty list',
      'name whom, or remove the key',
    );
  const conditions = items?.map((item) => readCondition(reading, item, IN_CAMPAIGN));
  return conditions?.every((condition) => condition !== undefined) ? conditions : undefined;
}
