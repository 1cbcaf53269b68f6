/**
 * The rows of an event condition with a sequence: the events that match, each judged by the first answer after it
 * (pair-rule.ts). Events and answers are read together, and one window function, ordered from the newest, finds for each
 * event the answer next to it: linear, in both forms. What has no value to be the same by is nobody's pair.
 */
import type { EventCondition, EventNames, Sequence } from '../../language/definitions.js';
import { pairRule, type PairRule } from '../pair-rule.js';
import { after, elapsedIn } from './elapsed.sql.js';
import { eventsFrom, inOrder, lowerWhere, named, type EventRows } from './event-source.sql.js';
import type { WindowSql } from './event-window.sql.js';
import { scalarAt } from './event-values.sql.js';
import type { Lowering } from './lowering.js';

/** `valueOf`: what the quantity reads of each event, an expression over `joins`, or how long the answer took; null for nothing. */
export function pairRows(
  condition: EventCondition,
  sequence: Sequence,
  window: WindowSql,
  lowering: Lowering,
  valueOf: ((joins: string[]) => string) | 'took' | null,
): EventRows {
  const rule = pairRule(sequence);
  const joins: string[] = [];
  const { names, where, occurrence } = condition;
  const first = lowerWhere(where, lowering, joins);
  const answer = lowerWhere(sequence.by.where, lowering, joins);
  const moving = window.moves?.('e.occurred_at') ?? null;
  const isFirst = [
    named('e', names, lowering),
    ...(occurrence ? [placed(condition, lowering)] : []),
    ...(first ? [`(${first.holds}) is true`] : []),
    ...window.begins('e.occurred_at'),
    ...window.ends('e.occurred_at'),
    ...(moving ? [moving.holds] : []),
  ];
  const isAnswer = [
    named('e', sequence.by.names, lowering),
    ...(answer ? [`(${answer.holds}) is true`] : []),
  ];
  const changes = [first?.changes, answer?.changes, moving?.changes].filter((one) => one != null);
  const columns = [
    ...(lowering.form === 'grouped' ? ['s.subject'] : []),
    's.at',
    'e.occurred_at',
    'e.received_at',
    'e.id',
    `${isFirst.join(' and ')} as a`,
    `${isAnswer.join(' and ')} as b`,
    ...(changes.length > 0 ? [`${least(changes)} as changes`] : []),
    ...(sequence.same ? [`${scalarAt(sequence.same, lowering, joins)} as key`] : []),
    ...(typeof valueOf === 'function' ? [`${valueOf(joins)} as value`] : []),
  ];
  // The first and the last occurrence are those of all, whatever the window.
  const filters = occurrence ? [] : window.begins('e.occurred_at');
  const from = eventsFrom(
    either(names, sequence.by.names, lowering),
    filters,
    joins,
    window,
    lowering,
  );
  const paired = besideAnswers(
    `select ${columns.join(', ')}\n    ${from}`,
    sequence,
    rule,
    lowering,
  );
  const value = valueOf === 'took' ? TOOK : valueOf && 'e.value';
  return judged(paired, rule, { changing: changes.length > 0, value }, lowering);
}

/** Of an event with its answer: when it occurred, and how long that took. */
const TOOK =
  'array[extract(epoch from e.occurred_at), round(extract(epoch from e.answer - e.occurred_at) * 1000)]';

/** Beside each event the first answer after it, and whether a later event of its key took its place. */
function besideAnswers(
  rows: string,
  { same }: Sequence,
  { latestOnly }: PairRule,
  lowering: Lowering,
): string {
  const by = [...(lowering.form === 'grouped' ? ['e.subject'] : []), ...(same ? ['e.key'] : [])];
  const partition = by.length > 0 ? `partition by ${by.join(', ')} ` : '';
  const superseded = latestOnly ? ', count(*) filter (where e.a) over later > 0 as superseded' : '';
  const windows = [
    `newer as (${partition}order by e.occurred_at desc range between unbounded preceding and interval '1 ms' preceding)`,
    ...(latestOnly
      ? [
          `later as (${partition}order by ${inOrder('last')} rows between unbounded preceding and 1 preceding)`,
        ]
      : []),
  ];
  return `select e.*, min(e.occurred_at) filter (where e.b) over newer as answer${superseded}
    from (
    ${rows}) e${same ? '\n    where e.key is not null' : ''}
    window ${windows.join(', ')}`;
}

/** The events of which the sequence is true, or may be by time alone. */
function judged(
  rows: string,
  rule: PairRule,
  { changing, value }: { changing: boolean; value: string | null },
  lowering: Lowering,
): EventRows {
  const { answersWithinMs, answered, unansweredMs, latestOnly } = rule;
  const answer = (): string =>
    answersWithinMs === null
      ? 'e.answer'
      : `(case when e.answer <= ${after('e.occurred_at', answersWithinMs, lowering)} then e.answer end)`;
  const any = answered.length === 1 && answered[0]!.from === 0 && answered[0]!.to === null;
  const onAnswer = any
    ? `${answer()} is not null`
    : answered.length === 0
      ? 'false'
      : elapsedIn('e.occurred_at', answer(), answered, lowering);
  const columns = [
    ...(lowering.form === 'grouped' ? ['e.subject'] : []),
    'e.occurred_at',
    ...(value ? [`${value} as value`] : []),
  ];
  const timed = changing || unansweredMs !== null;
  if (!timed)
    return {
      rows: `select ${columns.join(', ')}\n    from (\n    ${rows}) e\n    where e.a and ${onAnswer}`,
      timed,
    };
  let holds = onAnswer;
  const turns = changing ? ['e.changes'] : [];
  if (unansweredMs !== null) {
    const due = after('e.occurred_at', unansweredMs, lowering);
    const open = `${answer()} is null${latestOnly ? ' and not e.superseded' : ''}`;
    holds = `case when ${open} then ${due} <= e.at else ${onAnswer} end`;
    turns.push(`case when e.a and ${open} and ${due} > e.at then ${due} end`);
  }
  columns.push(`(e.a and ${holds}) is true as holds`, `${least(turns)} as changes`);
  return { rows: `select ${columns.join(', ')}\n    from (\n    ${rows}) e`, timed };
}

/** Whether an event is the first, or the last, of its names. */
function placed({ names, occurrence }: EventCondition, lowering: Lowering): string {
  const by = [...(lowering.form === 'grouped' ? ['s.subject'] : []), named('e', names, lowering)];
  return `row_number() over (partition by ${by.join(', ')} order by ${inOrder(occurrence!)}) = 1`;
}

function either(a: EventNames, b: EventNames, lowering: Lowering): string {
  if (a.kind === 'any' || b.kind === 'any')
    return `(${named('e', a, lowering)} or ${named('e', b, lowering)})`;
  return named('e', { kind: 'list', names: [...new Set([...a.names, ...b.names])] }, lowering);
}

function least(instants: readonly string[]): string {
  return instants.length === 1 ? instants[0]! : `least(${instants.join(', ')})`;
}
