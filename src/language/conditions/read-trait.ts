/**
 * `trait:`: tests on what a trait is, or `changed:` about how it came to be that: its latest change, from what, to what.
 */
import type { Condition, Path, ValueTest } from '../definitions.js';
import { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { readTrue } from '../scalars/read-text.js';
import { readTraitPath } from '../scalars/read-trait-path.js';
import type { MapNode, Node } from '../syntax/nodes.js';
import { readPercentile } from './read-percentile.js';
import { readPropertyTests, readTests, TEST_WORDS } from './read-tests.js';
import { sourcesOf, type Scope, type Source } from './scope.js';

/** A path that begins with `account` is one of the company's traits. */
export function readTrait(reading: Reading, map: MapNode, scope: Scope): Condition | undefined {
  const fields = new Fields(reading, map, {
    what: 'a trait condition',
    keys: ['trait', 'changed', 'percentile', ...TEST_WORDS],
  });
  const written = fields.optional('trait', (node) => readTraitPath(reading, node, 'a trait'));
  const ofAccount = written?.[0] === 'account' && written.length > 1;
  const path = ofAccount ? written.slice(1) : written;
  const place = (condition: Condition | undefined): Condition | undefined =>
    condition && ofAccount ? { kind: 'account', of: reading.placed(condition, map) } : condition;
  // What a company is compared with is what there is in its place.
  const sources = sourcesOf(ofAccount ? { ...scope, about: 'company' } : scope);
  if (fields.has('changed')) return place(readChanged(reading, fields, path, scope, sources));
  if (fields.has('percentile')) {
    const ranked = readPercentile(reading, fields, TEST_WORDS, ofAccount ? 'company' : scope.about);
    return path && ranked ? { kind: 'trait_rank', path, ...ranked } : undefined;
  }
  const what = `the trait ${path ? path.join('.') : ''}`.trimEnd();
  const tests = readTests(reading, fields, TEST_WORDS, what, sources);
  return path && tests ? place({ kind: 'trait', path, tests }) : undefined;
}

function readChanged(
  reading: Reading,
  fields: Fields,
  path: Path | null | undefined,
  scope: Scope,
  sources: readonly Source[],
): Condition | undefined {
  const node = fields.get('changed');
  const [other] = fields.present([...TEST_WORDS, 'percentile']);
  if (other)
    return reading.error(
      'RK105',
      other,
      `\`${other.text}:\` is about what the trait is, \`changed:\` about how it came to be that`,
      'say to: with the test, or all: with two trait conditions',
    );
  const change = node && readChange(reading, node, sources);
  if (!path || !change) return undefined;
  const { windowless: window } = scope;
  return { kind: 'trait_changed', path, ...change, window, negated: false };
}

/** `true`, or `{from, to}` with at least one of them. */
export function readChange(
  reading: Reading,
  node: Node,
  sources: readonly Source[],
): { from: ValueTest[]; to: ValueTest[] } | undefined {
  if (node.kind !== 'map') {
    const opposite = 'say none: with the condition for those whose trait never changed';
    return readTrue(reading, node, 'changed', opposite) && { from: [], to: [] };
  }
  const fields = new Fields(reading, node, { what: '`changed:`', keys: ['from', 'to'] });
  const from = fields.optional('from', (value) =>
    readPropertyTests(reading, value, 'from', sources, '`from:`'),
  );
  const to = fields.optional('to', (value) =>
    readPropertyTests(reading, value, 'to', sources, '`to:`'),
  );
  if (from === undefined || to === undefined) return undefined;
  if (from === null && to === null)
    return node.entries.length > 0 || node.incomplete
      ? undefined
      : reading.error(
          'RK004',
          node,
          '`changed:` has an empty value',
          'write changed: true for any change',
        );
  return { from: from ?? [], to: to ?? [] };
}
