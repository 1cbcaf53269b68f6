/**
 * Stage 2: a checked condition becomes SQL that judges many profiles, each at its own instant (design.md
 * 3). In: a condition and the segments it may refer to; out: an opaque value that `evaluate.ts` runs.
 * Pure, and cheap enough (well below a millisecond) to be done whenever definitions are loaded.
 */
import type {
  Condition,
  EventNames,
  SegmentDefinition,
  ValueTest,
} from '../language/definitions.js';
import { isDateTest } from './lower/lower-date.sql.js';
import { lowerStatement, type Statement } from './lower/statement.sql.js';

/** Which facts can change the truth, beside a birth or a merge, which may change any; every other one leaves it alone. */
interface ConditionReads {
  /** Names of events. */
  readonly events: ReadonlySet<string>;
  /** Every event of the application. */
  readonly anyEvent: boolean;
  /** First path elements; `timezone` where local days are compared. */
  readonly traits: ReadonlySet<string>;
  /** Topics; what is said about all of them concerns each. */
  readonly topics: ReadonlySet<string>;
}

/** Opaque to callers but for `reads`. */
export interface CompiledCondition {
  readonly reads: ConditionReads;
  readonly few: Statement;
  readonly many: Statement;
  readonly all: Statement;
}

/** Throws where a segment does not exist: the checker refuses that, so here it is a bug. */
export function compileCondition(
  condition: Condition,
  segments: ReadonlyMap<string, SegmentDefinition>,
): CompiledCondition {
  const few = lowerStatement(condition, segments, 'few');
  const many = lowerStatement(condition, segments, 'many');
  const all = lowerStatement(condition, segments, 'all');
  return { few, many, all, reads: readsOf(condition, segments) };
}

function readsOf(
  root: Condition,
  segments: ReadonlyMap<string, SegmentDefinition>,
): ConditionReads {
  const reads = {
    events: new Set<string>(),
    anyEvent: false,
    traits: new Set<string>(),
    topics: new Set<string>(),
  };
  const readTests = (tests: readonly ValueTest[]): void => {
    if (tests.some(isDateTest)) reads.traits.add('timezone');
  };
  const readNames = (names: EventNames): void => {
    if (names.kind === 'any') reads.anyEvent = true;
    else names.names.forEach((name) => reads.events.add(name));
  };
  const visit = (condition: Condition): void => {
    switch (condition.kind) {
      case 'all':
      case 'any':
        condition.of.forEach(visit);
        return;
      case 'segment':
        visit(segments.get(condition.segment)!.who);
        return;
      case 'trait':
        reads.traits.add(condition.path[0]!);
        readTests(condition.tests);
        return;
      case 'entry':
        readTests(condition.tests);
        return;
      case 'trait_changed':
        reads.traits.add(condition.path[0]!);
        readTests([...condition.from, ...condition.to]);
        if (condition.window.kind === 'since' && condition.window.of !== null)
          reads.events.add(condition.window.of);
        return;
      case 'topic':
        reads.topics.add(condition.topic);
        return;
      case 'sample':
        return;
      case 'event': {
        const { names, window, where, sequence } = condition;
        readNames(names);
        if (sequence) {
          readNames(sequence.by.names);
          sequence.by.where.forEach(({ tests }) => readTests(tests));
        }
        if ('of' in window && window.of !== null) reads.events.add(window.of);
        if (window.kind === 'between') reads.traits.add('timezone');
        where.forEach(({ tests }) => readTests(tests));
      }
    }
  };
  visit(root);
  return reads;
}
