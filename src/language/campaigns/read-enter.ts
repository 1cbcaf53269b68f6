/** `enter:`: one kind of entry, found by its subject key, then the keys of that kind and those of all kinds. */
import { readCondition } from '../conditions/read-condition.js';
import { IN_BROADCAST, IN_CAMPAIGN, IN_SEGMENT } from '../conditions/scope.js';
import type { Again, Entry, SegmentDefinition } from '../definitions.js';
import { Fields, type FieldRules } from '../fields.js';
import { findSubject } from '../find-subject.js';
import type { Reading } from '../reading.js';
import { elapsedOf, readZone } from '../scalars/read-time.js';
import { readBoolean, readChoice, readName, readPath } from '../scalars/read-text.js';
import { valueOf, type MapNode, type Node } from '../syntax/nodes.js';
import { dateRules, readByDate } from './read-enter-date.js';
import { eventRules, readByEvent } from './read-enter-event.js';
import { readBySchedule, scheduleRules } from './read-enter-schedule.js';
import { readOnePerAccount } from './read-one-per-account.js';
import { readByTrait, traitRules } from './read-enter-trait.js';

const COMMON = ['if', 'per', 'needs', 'again', 'if_active', 'zone', 'one_per_account'];
const SUBJECTS = ['segment', 'who', 'event', 'trait', 'date', 'schedule', 'api'];
/** Kinds that may stand beside a `who:`. */
const PAIRED = ['schedule', 'api'];
/** Of kinds that need no more than their own keys. */
const READERS: Readonly<
  Record<string, (reading: Reading, fields: Fields) => EntryKind | undefined>
> = { event: readByEvent, trait: readByTrait, date: readByDate, schedule: readBySchedule };
const OCCASIONS = ['date', 'schedule', 'broadcast'];
const MEMBERSHIP = {
  current: 'it belongs to entry by segment: or who:',
  if_left: 'it belongs to entry by segment: or who:',
};

export interface EnterReading {
  entry: Entry;
  implicit: SegmentDefinition | null;
}

type Kind = { of: EntryKind; implicit: SegmentDefinition | null } | undefined;
type EntryKind = Entry extends infer E
  ? E extends Entry
    ? Omit<E, keyof EntryCommon>
    : never
  : never;
type EntryCommon = Pick<
  Entry,
  'if' | 'per' | 'needs' | 'again' | 'ifActive' | 'zone' | 'onePerAccount'
>;
/** `again: null` = not written. */
type CommonReading = Omit<EntryCommon, 'again'> & { again: Again | null };

export function readEnter(
  reading: Reading,
  node: Node,
  campaign: string,
): EnterReading | undefined {
  const map = reading.asMap(node, '`enter:`', entryMeant(node));
  const written = map && reportSecond(reading, map) ? undefined : map;
  const rules = {
    what: 'a kind of entry',
    subjects: SUBJECTS,
    options: COMMON,
    code: 'RK408',
  } as const;
  const subject = written && findSubject(reading, written, rules);
  if (!subject) return undefined;
  const word =
    PAIRED.find((pair) => subject.map.entries.some(({ key }) => key.text === pair)) ?? subject.word;
  const fields = new Fields(reading, subject.map, rulesOf(subject.map, word));
  const kind = readKind(reading, fields, word, campaign);
  const common = readCommon(reading, fields);
  if (!kind || !common) return undefined;
  const again = common.again ?? usualAgain(kind.of, common);
  return { entry: { ...common, again, ...kind.of }, implicit: kind.implicit };
}

/** What to write for an event, or a list of events, that stands there alone. */
function entryMeant(node: Node): string | undefined {
  if (node.kind === 'text') return `write enter: { event: ${node.text} }`;
  if (node.kind !== 'list') return undefined;
  const names = node.items.map((item) => {
    const name = item.kind === 'map' ? valueOf(item, 'event') : item;
    return name?.kind === 'text' ? name.text : null;
  });
  return names.length > 1 && names.every((name) => name !== null)
    ? `one entry, by any of them: enter: { event: [${names.join(', ')}] }`
    : undefined;
}

/** Each date, each strike of a schedule and each broadcast without `per` is an occasion of its own (semantics.md, Entry key). */
function usualAgain({ kind }: EntryKind, { per }: CommonReading): Again {
  return { kind: OCCASIONS.includes(kind) && per === null ? 'always' : 'never' };
}

/** Two kinds of entry; a broadcast or a schedule and the `who:` it goes to are one. */
function reportSecond(reading: Reading, map: MapNode): boolean {
  const keys = map.entries.map(({ key }) => key);
  const [first, second] = keys.filter((key) => SUBJECTS.includes(key.text));
  if (!second || keys.some((key) => PAIRED.includes(key.text))) return false;
  reading.error(
    'RK408',
    second,
    `two ways to enter: \`${first!.text}:\` and \`${second.text}:\``,
    'one kind of entry per campaign; say the rest in if:',
  );
  return true;
}

function rulesOf(map: MapNode, subject: string): FieldRules {
  switch (subject) {
    case 'event':
      return eventRules(map, COMMON, MEMBERSHIP);
    case 'trait':
      return traitRules(COMMON, MEMBERSHIP);
    case 'date':
      return dateRules(COMMON, MEMBERSHIP);
    case 'schedule':
      return scheduleRules(COMMON, MEMBERSHIP);
    case 'api':
      return apiRules(map);
    default:
      return {
        what: `entry by ${subject}`,
        keys: [subject, 'current', 'if_left', ...COMMON],
        elsewhere: { where: 'it belongs to entry by event:; say if: with a condition' },
      };
  }
}

/** A broadcast says whom it goes to; an enrolment is about one profile. */
function apiRules(map: MapNode): FieldRules {
  const api = valueOf(map, 'api');
  if (api?.kind === 'text' && api.text === 'enrolment') {
    const who =
      'api: broadcast has it; an enrolment is about one profile, say if: with a condition';
    const what = 'entry by api: enrolment';
    return {
      what,
      keys: ['api', ...COMMON],
      elsewhere: { ...MEMBERSHIP, who },
    };
  }
  return {
    what: 'entry by api: broadcast',
    keys: ['api', 'who', ...COMMON],
    elsewhere: {
      ...MEMBERSHIP,
      segment: 'whom a broadcast goes to is a condition: who: { segment: payers }',
      event: 'a broadcast is asked for, nothing has to happen; say who: with a condition',
    },
  };
}

function readKind(reading: Reading, fields: Fields, subject: string, campaign: string): Kind {
  const read = READERS[subject];
  if (read) {
    const of = read(reading, fields);
    return of && { of, implicit: null };
  }
  if (subject === 'api') return readByApi(reading, fields);
  const current = fields.optional('current', (node) => readBoolean(reading, node, '`current:`'));
  const ifLeft = fields.optional('if_left', (node) =>
    readChoice(reading, node, '`if_left:`', ['exit', 'stay'] as const),
  );
  const source =
    subject === 'who' ? readWho(reading, fields, campaign) : readSegmentName(reading, fields);
  if (current === undefined || ifLeft === undefined || !source) return undefined;
  return {
    of: {
      kind: 'segment',
      segment: source.segment,
      current: current ?? false,
      ifLeft: ifLeft ?? 'exit',
    },
    implicit: source.implicit,
  };
}

function readWho(
  reading: Reading,
  fields: Fields,
  campaign: string,
): { segment: string; implicit: SegmentDefinition } | undefined {
  const node = fields.get('who');
  const who = node && readCondition(reading, node, IN_SEGMENT);
  if (!who) return undefined;
  const segment = `${campaign}/who`;
  return {
    segment,
    implicit: reading.placed(
      { kind: 'segment', id: segment, description: null, implicitFor: campaign, who },
      node,
    ),
  };
}

function readSegmentName(
  reading: Reading,
  fields: Fields,
): { segment: string; implicit: null } | undefined {
  const node = fields.get('segment');
  const name = node && readName(reading, node, 'a segment');
  if (!name) return undefined;
  reading.refer('segment', name);
  return { segment: name.text, implicit: null };
}

function readByApi(reading: Reading, fields: Fields): Kind {
  const node = fields.get('api');
  const api = node && readChoice(reading, node, '`api:`', ['enrolment', 'broadcast'] as const);
  if (api !== 'broadcast') return api && { of: { kind: 'api' }, implicit: null };
  const help = 'whom it goes to, for example who: { segment: payers }';
  // Where a segment: stands instead, that is said already.
  const whom = valueOf(fields.node, 'segment') ? fields.get('who') : fields.need('who', help);
  const who = whom && readCondition(reading, whom, IN_BROADCAST);
  return who && { of: { kind: 'broadcast', who }, implicit: null };
}

function readCommon(reading: Reading, fields: Fields): CommonReading | undefined {
  const condition = fields.optional('if', (node) => readCondition(reading, node, IN_CAMPAIGN));
  const per = fields.optional('per', (node) => readPath(reading, node, '`per:`'));
  const needs = fields.optional('needs', (node) => readNeeds(reading, node));
  const again = fields.optional('again', (node) => readAgain(reading, node));
  const ifActive = fields.optional('if_active', (node) =>
    readChoice(reading, node, '`if_active:`', ['ignore', 'refresh', 'restart'] as const),
  );
  const one = fields.optional('one_per_account', (node) => readOnePerAccount(reading, node));
  const zone = fields.optional('zone', (node) => readZone(reading, node, ['profile', 'project']));
  if (condition === undefined || per === undefined || needs === undefined || again === undefined)
    return undefined;
  if (ifActive === undefined || zone === undefined || one === undefined) return undefined;
  return {
    if: condition,
    per,
    needs: needs ?? [],
    again,
    ifActive: ifActive ?? 'ignore',
    zone: zone ?? 'profile',
    // Left out where it is not said: what did not change keeps its version.
    ...(one ? { onePerAccount: one } : {}),
  };
}

function readNeeds(reading: Reading, node: Node): string[][] | undefined {
  const paths = reading
    .asList(node, '`needs:`')
    ?.map((item) => readPath(reading, item, 'a field of `needs:`'));
  return paths?.every((path) => path !== undefined) ? paths : undefined;
}

/** `never`, `always`, `after 90 days`. */
function readAgain(reading: Reading, node: Node): Again | undefined {
  const text = reading.asText(node, '`again:`');
  if (!text) return undefined;
  if (text.text === 'never' || text.text === 'always') return { kind: text.text };
  if (!text.text.startsWith('after ')) {
    return reading.error(
      'RK207',
      text,
      `\`again:\` cannot be \`${text.text}\``,
      /^\d/.test(text.text) ? `write after ${text.text}` : 'never, always or after 90 days',
    );
  }
  const ms = elapsedOf(reading, text, text.text.slice('after '.length), '`again: after`');
  return ms === undefined ? undefined : { kind: 'after', ms };
}
