/** Entry by `trait:` with `changed:`, each time it changes so. */
import { DAY_MS } from '../../core/instant.js';
import { TEST_WORDS } from '../conditions/read-tests.js';
import { readChange } from '../conditions/read-trait.js';
import { OF_ENTRANT } from '../conditions/scope.js';
import { companyPath } from '../company-path.js';
import type { Entry } from '../definitions.js';
import type { FieldRules, Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { readElapsed } from '../scalars/read-time.js';
import { readTraitPath } from '../scalars/read-trait-path.js';

type ByTrait = Pick<
  Extract<Entry, { kind: 'trait' }>,
  'kind' | 'path' | 'from' | 'to' | 'ignoreOlderThanMs'
>;

const STATE = 'a trait that is something is a state: say who: with the condition';

/** `common`: the keys of all kinds of entry. */
export function traitRules(
  common: readonly string[],
  elsewhere: Readonly<Record<string, string>>,
): FieldRules {
  return {
    what: 'entry by trait',
    keys: ['trait', 'changed', 'ignore_older_than', ...common],
    elsewhere: {
      ...elsewhere,
      ...Object.fromEntries(TEST_WORDS.map((word) => [word, STATE])),
      where: 'it belongs to entry by event:; say if: with a condition',
    },
  };
}

export function readByTrait(reading: Reading, fields: Fields): ByTrait | undefined {
  const node = fields.get('trait');
  const path = node && readTraitPath(reading, node, 'a trait');
  if (node && path?.[0] === 'account' && path.length === 1)
    return reading.error(
      'RK208',
      node,
      '`account` is not a path',
      "name the company's trait: trait: account.plan",
    );
  const changed = fields.need('changed', 'when it lets in: changed: true, or changed: { to: pro }');
  const change = changed && readChange(reading, changed, OF_ENTRANT);
  const older = fields.optional('ignore_older_than', (value) =>
    readElapsed(reading, value, '`ignore_older_than:`'),
  );
  if (!path || !change || older === undefined) return undefined;
  if (older !== null && companyPath(path))
    return reading.error(
      'RK105',
      fields.key('ignore_older_than')!,
      '`ignore_older_than:` does not go with a trait of the company',
      'leave it out: what is said of a company counts from when it comes',
    );
  return { kind: 'trait', path, ...change, ignoreOlderThanMs: older ?? DAY_MS };
}
