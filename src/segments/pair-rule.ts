/**
 * When a sequence is true of one event: the rule of `followed_by`, `not_followed_by` and `took` (semantics.md, Sequences),
 * for conditions, whose SQL says it of many pairs, and for entries, which judge one pair at a time. Pure.
 */
import { NEVER, type Instant } from '../core/instant.js';
import type { Sequence } from '../language/definitions.js';
import { countRanges, inRange, isLowerBound, type CountRange } from './count-ranges.js';

/** Lengths of time in milliseconds. */
export interface PairRule {
  /** How long after the event an answer counts as one; null = for ever. */
  answersWithinMs: number | null;
  /** Answered after a time in one of these, it is true. */
  answered: CountRange[];
  /** As long as no answer has come, it is true from this age on; null = never. */
  unansweredMs: number | null;
  /** Only the latest event of its key counts. */
  latestOnly: boolean;
}

export function pairRule(sequence: Sequence): PairRule {
  if (sequence.kind === 'not_followed_by')
    return {
      answersWithinMs: null,
      answered: [],
      unansweredMs: sequence.withinMs,
      latestOnly: true,
    };
  const { withinMs: answersWithinMs, took } = sequence;
  const always = { answersWithinMs, latestOnly: false };
  if (took === null) return { ...always, answered: [{ from: 0, to: null }], unansweredMs: null };
  const answered = countRanges(took);
  const unansweredMs = took.every(isLowerBound) ? (answered[0]?.from ?? null) : null;
  return { ...always, answered, unansweredMs };
}

/**
 * Whether a pair is true at an instant, and when that changes if no (other) answer comes: in the future, or never.
 * `answer` is the first one strictly after the event, with its key, that is known at `at`; null = none. Whether a later
 * event took this one's place (`latestOnly`) is the caller's to know.
 */
export function judgePair(
  rule: PairRule,
  { event, answer, at }: { event: Instant; answer: Instant | null; at: Instant },
): { holds: boolean; changesAt: Instant } {
  const took = answer === null ? null : answer - event;
  if (took !== null && took <= (rule.answersWithinMs ?? NEVER))
    return { holds: rule.answered.some((range) => inRange(took, range)), changesAt: NEVER };
  if (rule.unansweredMs === null) return { holds: false, changesAt: NEVER };
  const due = event + rule.unansweredMs;
  return due <= at ? { holds: true, changesAt: NEVER } : { holds: false, changesAt: due };
}
