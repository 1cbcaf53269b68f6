/**
 * Stage 1: a submission with items that the database cannot keep is taken apart until those are alone. In: one
 * that just failed so; out: an outcome per item, every other item stored. Invariant: however many are bad,
 * it takes at most `MAX_FAILURES` failing transactions and a few more; what is not sorted out by then is
 * refused with its neighbours, in so many words.
 */
import { isDataError, unstorable } from './data-error.js';
import type { Item, Outcome, Refusal } from './item.js';
import { refusalOf } from './refusal.js';
import type { How, Store, Submission } from './submission.js';

/** Nine bad items in a full batch are found one by one. */
const MAX_FAILURES = 100;

/** Stores what can be stored of `submission`, in order. Throws what is no fault of the items. */
export async function storeApart(
  store: Store,
  { items, refusals }: Pick<Submission, 'items' | 'refusals'>,
  { error, how }: { error: unknown; how: How },
): Promise<Outcome[]> {
  let failures = 0;
  const outcomes: Outcome[] = [];
  const refused: Refusal[] = [...refusals];
  const refuse = (part: readonly Item[], detail: string): void => {
    for (const item of part) {
      const refusal = refusalOf(item, 'unstorable', detail);
      refused.push(refusal);
      outcomes.push({ kind: 'refused', refusal });
    }
  };
  // The next one is the last.
  const parts: (readonly Item[])[] = [];
  const failed = (part: readonly Item[], why: unknown): void => {
    failures += 1;
    if (part.length === 1) return refuse(part, unstorable(why));
    if (failures >= MAX_FAILURES) return refuse(part, TOO_MANY);
    const middle = part.length >> 1;
    parts.push(part.slice(middle), part.slice(0, middle));
  };
  failed(items, error);
  for (let part = parts.pop(); part; part = parts.pop()) {
    try {
      outcomes.push(...(await store(part, [], how)));
    } catch (why) {
      if (!isDataError(why)) throw why;
      failed(part, why);
    }
  }
  await store([], refused, how);
  return outcomes;
}

const TOO_MANY =
  'stands among many items that the database cannot keep; send it again without them';
