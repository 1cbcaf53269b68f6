/** Counts that stop at a bound, for pages that must answer at once however much there is. */

/** A count that was cut off at `COUNT_BOUND` says so with one more than it. */
export const COUNT_BOUND = 10_000;

/** SQL that counts what `select <rest>` finds and stops just above the bound; `rest` begins with `from`. */
export function boundedCount(rest: string): string {
  return `(select count(*)::int from (select ${rest} limit ${COUNT_BOUND + 1}) as bounded)`;
}
