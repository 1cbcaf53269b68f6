/**
 * Delivery (stage 5), for those who look at a mail beforehand: what a step says to its template (`with:`), as the engine would find
 * it out for this person now. In: the step, the person, and what the enrolment rests on. Out: the values by name. Nothing is stored.
 */
import type { MailStep } from '../campaigns/walk.js';
import type { StepValues } from '../campaigns/step-values.js';
import { valuesAt } from '../campaigns/step-values.js';
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { valueAt } from '../core/value-at.js';
import type { SegmentDefinition } from '../language/definitions.js';
import type { GateFacts } from '../messages/gate-facts.sql.js';
import { compileCondition } from '../segments/compile-condition.js';
import { evaluate, type Subject } from '../segments/evaluate.js';
import { compileMeasure, measure } from '../segments/measure.js';

interface Saying {
  profile: GateFacts;
  segments: ReadonlyMap<string, SegmentDefinition>;
  zone: string;
  entry: Record<string, unknown>;
  /** Where `since: entry` starts. */
  causeAt: Instant;
  now: Instant;
}

/** Null: of a choice none fits, so that the step says nothing. */
export async function sayNow(
  sql: Queryable,
  step: MailStep,
  { profile, segments, zone, entry, causeAt, now }: Saying,
): Promise<Record<string, unknown> | null> {
  const { profileId } = profile;
  const subject: Subject = { subjectId: 0, profileId, at: now, since: causeAt, entry, zone };
  const walk: Parameters<typeof valuesAt>[1] = {
    read: (from, path) =>
      valueAt({ entry, account: profile.accountTraits, profile: profile.traits }[from], path),
    answers: new Map(),
    measured: new Map(),
    cursor: step.id,
    round: null,
  };
  for (;;) {
    const found: StepValues = valuesAt(step.with ?? {}, walk);
    if ('values' in found) return found.values;
    if ('nothing' in found) return null;
    const { asks } = found;
    if (asks.kind === 'measures') {
      const [value = null] = await measure(sql, compileMeasure(asks.measure), [subject]);
      walk.measured.set(asks.key, value);
    } else if (asks.kind === 'needs') {
      const condition = compileCondition(asks.condition, segments);
      const [verdict] = await evaluate(sql, condition, [subject]);
      walk.answers.set(asks.key, verdict!);
    } else throw new Error(`a value of a step asks for no ${asks.kind}`);
  }
}
