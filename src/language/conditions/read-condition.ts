/**
 * Conditions: find the subject key (the nearest one when it is misspelt), then check only the keys of that
 * kind. `none:` disappears here: its negation is pushed to the leaves.
 */
import type { Condition } from '../definitions.js';
import { Fields } from '../fields.js';
import { findSubject } from '../find-subject.js';
import type { Reading } from '../reading.js';
import { readPath } from '../scalars/read-text.js';
import type { MapNode, Node } from '../syntax/nodes.js';
import { negate } from './negate.js';
import { isMisplaced, readAccount, readMembers } from './read-account.js';
import { eventFields, readEvent } from './read-event.js';
import { RANKS_PEOPLE, TEST_WORDS, readTests } from './read-tests.js';
import { readSample } from './read-sample.js';
import { readCampaignCondition, readMessage } from './read-own.js';
import { readScoreCondition } from './read-score-condition.js';
import { readSegmentCondition } from './read-segment-condition.js';
import { readTopic } from './read-topic.js';
import { readTrait } from './read-trait.js';
import { sourcesOf, type Scope } from './scope.js';

type Reader = (reading: Reading, map: MapNode, scope: Scope) => Condition | undefined;

const READERS: Record<string, Reader> = {
  all: group('all'),
  any: group('any'),
  none: readNone,
  trait: readTrait,
  entry: readEntry,
  event: (reading, map, scope) => readEvent(reading, eventFields(reading, map), scope),
  segment: readSegmentCondition,
  score: readScoreCondition,
  topic: readTopic,
  sample: readSample,
  account: (reading, map, scope) => readAccount(reading, map, scope, readCondition),
  message: readMessage,
  campaign: readCampaignCondition,
  members: (reading, map, scope) => readMembers(reading, map, scope, readCondition),
};
export const SUBJECTS: readonly string[] = Object.keys(READERS);

export function readCondition(reading: Reading, node: Node, scope: Scope): Condition | undefined {
  if (node.kind === 'list') {
    return reading.error(
      'RK303',
      node,
      'a list is not a condition',
      'say all: (every one of them), any: (at least one) or none: before the list',
    );
  }
  const written = reading.asMap(node, 'a condition');
  if (!written || reportSecond(reading, written)) return undefined;
  const rules = {
    what: 'a condition',
    subjects: SUBJECTS,
    options: TEST_WORDS,
    code: 'RK301',
  } as const;
  const subject = findSubject(reading, written, rules);
  if (!subject) return undefined;
  const { word, map } = subject;
  if (isMisplaced(reading, subject, scope)) return undefined;
  const condition = READERS[word]!(reading, map, scope);
  return condition && reading.placed(condition, map);
}

function reportSecond(reading: Reading, map: MapNode): boolean {
  const [first, second] = map.entries
    .map(({ key }) => key)
    .filter((key) => SUBJECTS.includes(key.text));
  if (!second) return false;
  reading.error(
    'RK302',
    second,
    `two conditions in one: \`${first!.text}:\` and \`${second.text}:\``,
    'say all: (both) or any: (at least one) with a list of the two',
  );
  return true;
}

function group(kind: 'all' | 'any'): Reader {
  return (reading, map, scope) => {
    const of = readChildren(reading, map, kind, scope);
    return of && (of.length === 1 ? of[0] : { kind, of });
  };
}

function readNone(reading: Reading, map: MapNode, scope: Scope): Condition | undefined {
  const children = readChildren(reading, map, 'none', scope);
  const of = children?.map((child) =>
    negate(child, (from, to) => reading.placed(to, reading.placeOf(from))),
  );
  return of && (of.length === 1 ? of[0] : { kind: 'all', of });
}

function readChildren(
  reading: Reading,
  map: MapNode,
  kind: string,
  scope: Scope,
): Condition[] | undefined {
  const node = new Fields(reading, map, { what: `\`${kind}:\``, keys: [kind] }).get(kind);
  const items = node && reading.asList(node, `\`${kind}:\``);
  if (!items) return undefined;
  if (items.length === 0)
    return reading.error(
      'RK004',
      node,
      `\`${kind}:\` has an empty list`,
      'an empty list would mean everything or nothing; say which conditions are meant',
    );
  const children = items.map((item) => readCondition(reading, item, scope));
  return children.every((child) => child !== undefined) ? children : undefined;
}

function readEntry(reading: Reading, map: MapNode, scope: Scope): Condition | undefined {
  const fields = new Fields(reading, map, {
    what: 'an entry condition',
    keys: ['entry', ...TEST_WORDS],
    elsewhere: RANKS_PEOPLE,
  });
  if (!scope.entry)
    return reading.error(
      'RK306',
      fields.key('entry')!,
      'a segment has no entry',
      'entry: tests the data a campaign was entered with; use trait: or event: here',
    );
  const path = fields.optional('entry', (node) => readPath(reading, node, 'a field of the entry'));
  const tests = readTests(
    reading,
    fields,
    TEST_WORDS,
    `the entry's ${path ? path.join('.') : 'field'}`,
    sourcesOf(scope),
  );
  return path && tests ? { kind: 'entry', path, tests } : undefined;
}
