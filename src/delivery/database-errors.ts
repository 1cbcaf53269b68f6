/**
 * Delivery (stage 5): is the database away, or is the statement wrong? A pure look at an error. Without
 * an SQLSTATE the server said nothing (refused, reset, cut off), which is the former.
 */

/** Connection failures, shutdown and start-up, out of resources, serialisation and deadlock. */
const TRANSIENT_CLASSES = /^(08|53|57P|40)/;

/** Whether the same statement may succeed later. After a cut-off COMMIT it may also have succeeded already. */
export function isTransient(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  const isSqlState = typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && /\d/.test(code);
  if (isSqlState) return TRANSIENT_CLASSES.test(code);
  return !(
    error instanceof TypeError ||
    error instanceof RangeError ||
    error instanceof SyntaxError
  );
}
