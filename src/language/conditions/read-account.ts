/**
 * `account:`: a condition on the company that a profile belongs to, its traits and the events of all its members; within it
 * `members:`, how many there are, or of how many `who:` is true. `trait: account.plan` says the same of a trait.
 */
import type {
  AccountCondition,
  Condition,
  MembersCondition,
  MembersRankCondition,
} from '../definitions.js';
import { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import type { MapNode, Node } from '../syntax/nodes.js';
import { partsOf } from './parts-of.js';
import { readPercentile } from './read-percentile.js';
import { hasPercentile, readCountTests } from './read-quantity.js';
import { NUMBER_WORDS } from './read-tests.js';
import type { Scope } from './scope.js';
import { takenBy } from './values-taken.js';

type ReadCondition = (reading: Reading, node: Node, scope: Scope) => Condition | undefined;

export function readAccount(
  reading: Reading,
  map: MapNode,
  scope: Scope,
  readCondition: ReadCondition,
): AccountCondition | undefined {
  const fields = new Fields(reading, map, { what: 'an account condition', keys: ['account'] });
  const node = fields.get('account');
  const of = node && readCondition(reading, node, { ...scope, about: 'company' });
  return of && { kind: 'account', of };
}

export function readMembers(
  reading: Reading,
  map: MapNode,
  scope: Scope,
  readCondition: ReadCondition,
): MembersCondition | MembersRankCondition | undefined {
  const fields = new Fields(reading, map, {
    what: '`members:`',
    keys: ['members', 'who'],
  });
  if (scope.about !== 'company')
    return reading.error(
      'RK310',
      fields.key('members')!,
      '`members:` are those of a company',
      'say account: { members: { at_least: 3 } }',
    );
  const number = fields.get('members');
  if (number?.kind === 'map' && hasPercentile(number))
    return readRank(reading, fields, number, (node) =>
      // Others have no entry, and no wait, to count from.
      readCondition(reading, node, { ...scope, windowless: { kind: 'ever' }, about: 'member' }),
    );
  const tests = fields.optional('members', (node) => readCountTests(reading, node, 'members'));
  const who = fields.optional('who', (node) =>
    readCondition(reading, node, { ...scope, about: 'member' }),
  );
  return tests && who !== undefined ? { kind: 'members', tests, who } : undefined;
}

/** `{ percentile: { at_least: 80 } }`, with nothing beside it. */
function readRank(
  reading: Reading,
  fields: Fields,
  number: MapNode,
  readWho: (node: Node) => Condition | undefined,
): MembersRankCondition | undefined {
  const keys = [...NUMBER_WORDS, 'percentile'];
  const within = new Fields(reading, number, { what: '`members:`', keys });
  const rank = readPercentile(reading, within, NUMBER_WORDS, undefined);
  const who = fields.optional('who', readWho);
  if (!rank || who === undefined) return undefined;
  if (who && looksAtEntry(who))
    return reading.error(
      'RK105',
      fields.get('who') ?? fields.node,
      '`percentile:` compares with companies whose people have no entry to look at',
      'say within_last: 30 days, or compare with a value that is written here',
    );
  return { kind: 'members', rank, who };
}

function looksAtEntry(condition: Condition): boolean {
  const window = 'window' in condition ? condition.window : null;
  return (
    (window?.kind === 'since' && window.of === null) ||
    takenBy(condition).some(({ of }) => of === 'entry') ||
    partsOf(condition).some(looksAtEntry)
  );
}

/** What cannot be asked of a company. */
const PROFILES_ONLY = ['entry', 'segment', 'score', 'topic', 'sample'];

/** Reports a condition that is not about what its place is about; true when it did. */
export function isMisplaced(
  reading: Reading,
  { word, map }: { word: string; map: MapNode },
  { about }: Scope,
): boolean {
  if (about === undefined) return false;
  const key = map.entries.find((entry) => entry.key.text === word)?.key ?? map;
  if (word === 'account' || isOfAccount(map)) {
    reading.error(
      'RK310',
      key,
      'this is within `account:` already',
      about === 'company'
        ? "leave the inner account out: the traits and events here are the company's"
        : 'all members have one company: say all: beside members: with what is asked of it',
    );
    return true;
  }
  if (about === 'member' && word === 'entry') {
    reading.error(
      'RK310',
      key,
      'the entry is that of one profile, not of every member of its company',
      'say all: with the entry condition beside account:',
    );
    return true;
  }
  if (about !== 'company' || !PROFILES_ONLY.includes(word)) return false;
  reading.error(
    'RK310',
    key,
    `\`${word}:\` is about a profile, not about a company`,
    word === 'entry'
      ? 'say all: with the entry condition beside account:'
      : 'say members: { at_least: 1 } with who: if some member is meant, or all: beside account: for the profile itself',
  );
  return true;
}

/** `trait: account.plan` */
export function isOfAccount(map: MapNode): boolean {
  const trait = map.entries.find(({ key }) => key.text === 'trait')?.value;
  return trait?.kind === 'text' && trait.text.startsWith('account.');
}
