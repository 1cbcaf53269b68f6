/**
 * Delivery (stage 5): is one row to blame for an error, or the world? A pure look at it. Only what says that this very
 * row can never be written counts as the row's: a statement that was cancelled, a server that has become a
 * standby, a plan that a migration made stale - all of them take the same rows a moment later.
 */

/** Data, integrity, limits of the format, and what a trigger raised. */
const ROW_CLASSES = /^(22|23|54|P0)[0-9A-Z]{3}$/;

/** Whether writing this again can only fail again. After a cut-off COMMIT the opposite may even have succeeded. */
export function blamesRow(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  if (typeof code === 'string' && ROW_CLASSES.test(code)) return true;
  return error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError;
}
