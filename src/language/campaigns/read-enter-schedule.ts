/** Entry by `schedule:`: when, in one of four forms, and `who:` then. */
import { cronProblem, nextWall, ruleProblem, type Schedule } from '../../core/schedule.js';
import { readCondition } from '../conditions/read-condition.js';
import { IN_SEGMENT } from '../conditions/scope.js';
import type { Entry } from '../definitions.js';
import type { LocalDate } from '../scalars/time-shapes.js';
import { Fields, type FieldRules } from '../fields.js';
import type { Reading } from '../reading.js';
import { dateMeant } from '../scalars/date-meant.js';
import { parseMoment, readTimeOfDay } from '../scalars/read-time.js';
import { readChoice } from '../scalars/read-text.js';
import { daysMeant } from '../scalars/words-of-time.js';
import type { Node, TextNode } from '../syntax/nodes.js';
import { ruleOfDay } from './rule-of-day.js';

type BySchedule = Pick<Extract<Entry, { kind: 'schedule' }>, 'kind' | 'schedule' | 'who'>;

const FORMS = ['every', 'once', 'rrule', 'cron'];
const EXAMPLE = 'schedule: { every: month, day: first tue, at: 10:00 }';

/** `common`: the keys of all kinds of entry. */
export function scheduleRules(
  common: readonly string[],
  elsewhere: Readonly<Record<string, string>>,
): FieldRules {
  const inside = 'it belongs inside schedule:';
  return {
    what: 'entry by schedule',
    keys: ['schedule', 'who', ...common],
    elsewhere: {
      ...elsewhere,
      every: inside,
      at: inside,
      day: inside,
      once: inside,
      segment: 'whom a schedule lets in is a condition: who: { segment: payers }',
      event: 'a schedule lets in by the clock, nothing has to happen; say who: with a condition',
    },
  };
}

export function readBySchedule(reading: Reading, fields: Fields): BySchedule | undefined {
  const node = fields.get('schedule');
  const schedule = node && readSchedule(reading, node);
  const whom = fields.need('who', 'whom it lets in, for example who: { segment: payers }');
  const who = whom && readCondition(reading, whom, IN_SEGMENT);
  return schedule && who && { kind: 'schedule', schedule, who };
}

function readSchedule(reading: Reading, node: Node): Schedule | undefined {
  if (node.kind === 'text')
    return reading.error('RK100', node, '`schedule:` is a map', `for example ${EXAMPLE}`);
  const map = reading.asMap(node, '`schedule:`');
  if (!map) return undefined;
  const form = map.entries.find(({ key }) => FORMS.includes(key.text))?.key.text;
  const keys = {
    every: ['every', 'day', 'at'],
    once: ['once'],
    rrule: ['rrule', 'from', 'at'],
    cron: ['cron'],
  }[form ?? 'every']!;
  const fields = new Fields(reading, map, {
    what: '`schedule:`',
    keys,
    elsewhere: {
      zone: 'it stands beside schedule:, not inside it',
      who: 'it stands beside schedule:, not inside it',
      ...Object.fromEntries(
        FORMS.filter((other) => form && other !== form).map((other) => [
          other,
          `\`${form}:\` is there already; one form only`,
        ]),
      ),
    },
  });
  const schedule = readForm(reading, fields, form);
  // Whatever year it is: what does not come within this one's rules never does.
  if (schedule && schedule.kind !== 'once' && nextWall(schedule, SOME_TIME) === null)
    return reading.error('RK214', node, 'this schedule never comes', EXAMPLE);
  return schedule && reading.placed(schedule, (form && fields.get(form)) || node);
}

const SOME_TIME = Date.UTC(2020, 0, 1);

function readForm(
  reading: Reading,
  fields: Fields,
  form: string | undefined,
): Schedule | undefined {
  switch (form) {
    case 'once':
      return readOnce(reading, fields.get('once'));
    case 'cron':
      return readCron(reading, fields.get('cron'));
    case 'rrule':
      return readRule(reading, fields);
    case 'every':
      return readEvery(reading, fields);
    case undefined:
    default:
      fields.need('every', EXAMPLE);
      return undefined;
  }
}

function readOnce(reading: Reading, node: Node | undefined): Schedule | undefined {
  const text = node && reading.asText(node, '`once:`');
  if (!text) return undefined;
  const moment = parseMoment(text.text);
  if (moment?.kind === 'instant') return { kind: 'once', at: { instant: moment.at } };
  if (moment?.kind === 'local') return { kind: 'once', at: { date: moment.date, at: moment.at } };
  if (moment)
    return reading.error(
      'RK204',
      text,
      `\`${text.text}\` has no time of day`,
      `write ${text.text} 10:00`,
    );
  return reading.error(
    'RK205',
    text,
    `\`${text.text}\` is not a date and a time`,
    dateMeant(text.text) ?? 'write 2026-05-01 10:00, or with an offset 2026-05-01 10:00+02:00',
  );
}

function readCron(reading: Reading, node: Node | undefined): Schedule | undefined {
  const text = node && reading.asText(node, '`cron:`');
  if (!text) return undefined;
  const problem = cronProblem(text.text);
  return problem === null
    ? { kind: 'cron', cron: text.text }
    : notSchedule(reading, text, problem, 'five fields: minute hour day month weekday, 0 10 * * 2');
}

function readRule(reading: Reading, fields: Fields): Schedule | undefined {
  const node = fields.get('rrule');
  const text = node && reading.asText(node, '`rrule:`');
  const at = readAt(reading, fields);
  const from = fields.optional('from', (day) => readDay(reading, day));
  if (!text || !at || from === undefined) return undefined;
  const problem = ruleProblem(text.text);
  if (problem !== null)
    return notSchedule(
      reading,
      text,
      problem,
      'a rule of days, as calendars write it: FREQ=MONTHLY;BYDAY=1TU; the time of day is at:',
    );
  if (from === null && counts(text.text))
    return reading.error(
      'RK102',
      text,
      'this rule counts from a day and needs `from:`',
      'name the first day: from: 2026-01-06',
    );
  return { kind: 'rule', rule: text.text, from, at, said: null };
}

/** Whether a rule depends on the day on which it begins. */
function counts(rule: string): boolean {
  return (
    /(?:^|;)(?:COUNT|INTERVAL)=/.test(rule) || (!/(?:^|;)BY/.test(rule) && !/FREQ=DAILY/.test(rule))
  );
}

function readEvery(reading: Reading, fields: Fields): Schedule | undefined {
  const node = fields.get('every');
  const days = node?.kind === 'text' ? daysMeant(node.text) : null;
  if (node?.kind === 'text' && days !== null)
    return reading.error(
      'RK207',
      node,
      `\`every:\` cannot be \`${node.text}\``,
      `write every: week, day: ${days}`,
    );
  const every =
    node && readChoice(reading, node, '`every:`', ['day', 'week', 'month', 'year'] as const);
  const at = readAt(reading, fields);
  if (!every) return undefined;
  if (every === 'day') {
    const odd = fields.key('day');
    if (odd)
      return reading.error(
        'RK105',
        odd,
        'every day has no `day:`',
        'say every: week with day: mon-fri',
      );
    return at && { kind: 'rule', rule: 'FREQ=DAILY', from: null, at, said: { every, day: null } };
  }
  const dayNode = fields.need('day', DAYS_OF[every]);
  const day = dayNode && ruleOfDay(reading, dayNode, every, DAYS_OF[every]);
  return (
    day && at && { kind: 'rule', rule: day.rule, from: null, at, said: { every, day: day.said } }
  );
}

const DAYS_OF = {
  week: 'for example day: tue, day: mon-fri or day: [mon, thu]',
  month: 'for example day: 15, day: last, day: first tue or day: last fri',
  year: 'a month and a day, for example day: 12-24',
};

function readAt(reading: Reading, fields: Fields): ReturnType<typeof readTimeOfDay> {
  const node = fields.need('at', 'the time of the day: at: 10:00');
  return node && readTimeOfDay(reading, node, '`at:`');
}

function readDay(reading: Reading, node: Node): LocalDate | undefined {
  const text = reading.asText(node, '`from:`');
  const moment = text && parseMoment(text.text);
  if (!text || moment?.kind === 'date') return moment?.kind === 'date' ? moment.date : undefined;
  return reading.error(
    'RK205',
    text,
    `\`${text.text}\` is not a day`,
    dateMeant(text.text) ?? 'write 2026-01-06',
  );
}

function notSchedule(reading: Reading, text: TextNode, problem: string, help: string): undefined {
  return reading.error('RK214', text, `\`${text.text}\` is not a schedule: ${problem}`, help);
}
