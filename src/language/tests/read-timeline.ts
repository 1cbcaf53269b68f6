/** `timeline:` - entries in time, each with one action, what is expected of it, or both. */
import { readUnset } from '../campaigns/read-acts.js';
import { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { mapOf } from '../scalars/read-data.js';
import { readWhole } from '../scalars/read-number.js';
import { readBoolean, readEventName, readText } from '../scalars/read-text.js';
import { readDuration } from '../scalars/read-time.js';
import type { Node } from '../syntax/nodes.js';
import { nearest, orList } from '../words.js';
import { readExpectations } from './read-expectations.js';
import { readMoment } from './read-moment.js';
import {
  FEEDBACK_ACTIONS,
  type FeedbackAction,
  type TestAction,
  type TimelineEntry,
} from './test-definitions.js';

const ACTIONS = [
  'event',
  'set',
  'unset',
  'set_account',
  'unsubscribes',
  ...FEEDBACK_ACTIONS,
  'enrol',
  'broadcast',
] as const;

/** `profiles`: the names that the test has; with only one of them `profile:` may be left out. */
export function readTimeline(
  reading: Reading,
  node: Node,
  profiles: readonly string[],
): TimelineEntry[] | undefined {
  const items = reading.asList(node, '`timeline:`');
  if (!items) return undefined;
  if (items.length === 0)
    return reading.error('RK004', node, '`timeline:` has an empty list', 'let something happen');
  const entries = items.map((item, index) => readEntry(reading, item, profiles, index === 0));
  return entries.every((entry) => entry !== undefined) ? entries : undefined;
}

function readEntry(
  reading: Reading,
  node: Node,
  profiles: readonly string[],
  isFirst: boolean,
): TimelineEntry | undefined {
  const map = reading.asMap(node, 'an entry of the timeline');
  if (!map) return undefined;
  const fields = new Fields(reading, map, {
    what: 'an entry of the timeline',
    keys: ['at', 'after', 'profile', ...ACTIONS, 'with', 'repeat', 'expect'],
    elsewhere: {
      sends: 'it belongs under expect:',
      skips: 'it belongs under expect:',
      enters: 'it belongs under expect:',
      ends: 'it belongs under expect:',
      nothing: 'it belongs under expect:',
      wait: 'say after: with the time since the entry before',
      track: 'say event:, what a profile does',
    },
  });
  const when = readWhen(reading, fields, isFirst);
  const profile = readProfileName(reading, fields, profiles);
  const action = readAction(reading, fields);
  const expect = fields.optional('expect', (value) => readExpectations(reading, value));
  if (action === null && expect === null)
    reading.error(
      'RK701',
      map.entries[0]?.key ?? map,
      'nothing happens here and nothing is expected',
      `an entry has ${orList([...ACTIONS])}, expect: or both`,
    );
  if (!when || !profile || action === undefined || expect === undefined) return undefined;
  const { line } = reading.lines.range(map).start;
  const entry: TimelineEntry = { line, profile, when, action, expect: expect ?? [] };
  return reading.placed(entry, map.entries[0]?.key ?? map);
}

function readWhen(
  reading: Reading,
  fields: Fields,
  isFirst: boolean,
): TimelineEntry['when'] | undefined {
  if (fields.has('at') && fields.has('after'))
    return reading.error(
      'RK105',
      fields.key('after')!,
      '`at:` and `after:` exclude each other',
      'leave one of them out',
    );
  if (fields.has('after')) {
    if (isFirst)
      return reading.error(
        'RK703',
        fields.key('after')!,
        'there is nothing before the first entry',
        'say at: with a day and a time',
      );
    const node = fields.get('after');
    const duration = node && readDuration(reading, node, '`after:`');
    return duration && { kind: 'after', duration };
  }
  const node = fields.need('at', 'at: 2026-01-05 10:00, or after: 1 day');
  const moment = node && readMoment(reading, node);
  return moment && { kind: 'at', moment };
}

function readProfileName(
  reading: Reading,
  fields: Fields,
  profiles: readonly string[],
): string | undefined {
  const node = fields.get('profile');
  if (!node) {
    if (profiles.length === 1) return profiles[0];
    const at = fields.node.entries[0]?.key ?? fields.node;
    return reading.error('RK102', at, 'an entry needs `profile:` where the test has several', () =>
      orList([...profiles]),
    );
  }
  const name = readText(reading, node, '`profile:`');
  if (name === undefined || profiles.includes(name)) return name;
  const near = nearest(name, [...profiles]);
  return reading.error(
    'RK702',
    node,
    `the test has no profile \`${name}\``,
    near ? `did you mean ${near}?` : orList([...profiles]),
  );
}

/** Null: the entry only looks. */
function readAction(reading: Reading, fields: Fields): TestAction | null | undefined {
  const [first, second] = fields.present(ACTIONS);
  if (second)
    return reading.error(
      'RK701',
      second,
      `two actions in one entry: \`${first!.text}:\` and \`${second.text}:\``,
      'begin another entry; two may share a minute',
    );
  if (!first) {
    const stray = fields.present(['with', 'repeat'])[0];
    return stray
      ? reading.error('RK701', stray, `\`${stray.text}:\` belongs to an event`, 'add event:')
      : null;
  }
  const node = fields.get(first.text);
  if (!node) return undefined;
  if (first.text === 'event') return readEvent(reading, fields, node);
  if (first.text === 'broadcast' || first.text === 'enrol')
    return readRequest(reading, fields, node, first.text);
  if (first.text === 'set' || first.text === 'set_account') {
    const traits = reading.asMap(node, `\`${first.text}:\``);
    return traits && reading.placed<TestAction>({ kind: first.text, traits: mapOf(traits) }, first);
  }
  if (first.text === 'unset') {
    const unset = readUnset(reading, fields);
    if (unset?.kind !== 'unset') return undefined;
    const traits = Object.fromEntries(unset.traits.map((trait) => [trait, null]));
    return reading.placed<TestAction>({ kind: 'set', traits }, first);
  }
  if (isFeedback(first.text)) {
    const step = readText(reading, node, `\`${first.text}:\``);
    return step === undefined
      ? undefined
      : reading.placed<TestAction>({ kind: first.text, step }, node);
  }
  const topic = readText(reading, node, '`unsubscribes:`');
  if (topic === undefined) return undefined;
  if (topic !== 'all' && node.kind === 'text') reading.refer('topic', node);
  return { kind: 'unsubscribes', topic: topic === 'all' ? '*' : topic };
}

function isFeedback(word: string): word is FeedbackAction {
  return (FEEDBACK_ACTIONS as readonly string[]).includes(word);
}

/** `broadcast: true`, `enrol: true`; `with:` is what whoever asks fills in. */
function readRequest(
  reading: Reading,
  fields: Fields,
  node: Node,
  kind: 'broadcast' | 'enrol',
): TestAction | undefined {
  if (node.kind === 'map' || (node.kind === 'text' && !['true', 'false'].includes(node.text)))
    return reading.error(
      'RK207',
      node,
      `\`${kind}:\` is true: the campaign is that of the file`,
      `write ${kind}: true, and with: { … } beside it for what comes with it`,
    );
  const isSent = readBoolean(reading, node, `\`${kind}:\``);
  const entry = readWith(reading, fields);
  const repeat = fields.key('repeat');
  if (repeat)
    reading.error('RK701', repeat, '`repeat:` belongs to an event', 'begin another entry');
  if (isSent === false)
    return reading.error(
      'RK701',
      node,
      kind === 'enrol' ? 'an enrolment that nobody asks for' : 'a broadcast that is not sent',
      'leave the entry out',
    );
  if (!isSent || entry === undefined) return undefined;
  return reading.placed<TestAction>({ kind, entry }, fields.key(kind)!);
}

/** The data of `with:`; none is empty. */
function readWith(reading: Reading, fields: Fields): Record<string, unknown> | undefined {
  const data = fields.optional('with', (value) => reading.asMap(value, '`with:`'));
  return data === undefined ? undefined : data === null ? {} : mapOf(data);
}

function readEvent(reading: Reading, fields: Fields, node: Node): TestAction | undefined {
  const name = readEventName(reading, node);
  const properties = readWith(reading, fields);
  const times = fields.optional('repeat', (value) => readWhole(reading, value, '`repeat:`', 1));
  if (!name || properties === undefined || times === undefined) return undefined;
  return {
    kind: 'event',
    name,
    properties,
    times: times ?? 1,
  };
}
