/**
 * Stage 3. Does the first event of a sequence let its profile in (semantics.md, Sequences)? In: the rule, the event, the
 * first answer that is known. Out: yes, never, or when to look again. Pure.
 */
import type { Instant } from '../core/instant.js';
import { NEVER } from '../core/instant.js';
import type { Sequence } from '../language/definitions.js';
import { judgePair, pairRule } from '../segments/pair-rule.js';

/** `never`: it has been answered otherwise, or no answer can count any more. */
export type AwaitedDecision = { kind: 'enters' | 'never' } | { kind: 'waits'; until: Instant };

/**
 * `answer` occurred after the event and is the first one known at `at`; null = none. An answer that is received late counts
 * as long as it may start something (`ignoreOlderThanMs`). With `open`, further answers may come at this very instant, so
 * that nobody answered is not said yet.
 */
export function decideAwaited(
  sequence: Sequence,
  asked: {
    event: Instant;
    answer: Instant | null;
    at: Instant;
    ignoreOlderThanMs: number;
    open: boolean;
  },
): AwaitedDecision {
  const { event, answer, at, open } = asked;
  const { holds, changesAt } = judgePair(pairRule(sequence), asked);
  const { withinMs } = sequence;
  const answered =
    answer !== null &&
    (sequence.kind === 'not_followed_by' || withinMs === null || answer - event <= withinMs);
  if (answered) return { kind: holds ? 'enters' : 'never' };
  if (holds) return open ? { kind: 'waits', until: at } : { kind: 'enters' };
  if (changesAt !== NEVER || withinMs === null) return { kind: 'waits', until: changesAt };
  const last = event + withinMs + asked.ignoreOlderThanMs;
  if (last > at) return { kind: 'waits', until: last };
  return open ? { kind: 'waits', until: at } : { kind: 'never' };
}
