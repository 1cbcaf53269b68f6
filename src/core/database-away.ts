/**
 * Is the database out of reach, as opposed to a statement being wrong? A pure look at an error of the
 * driver: classes 08 (connection), 53 (out of resources) and 57P (shutdown, start-up) of SQLSTATE, one that is closed for
 * maintenance, an error of the socket, or the driver's own words for a session that is gone.
 */
export function isDatabaseAway(error: unknown): boolean {
  const { code, syscall, message } = (error ?? {}) as Record<string, unknown>;
  if (typeof syscall === 'string') return true;
  if (typeof code === 'string' && /^(08|53|57P)/.test(code)) return true;
  return (
    typeof message === 'string' &&
    /^Connection terminated|not queryable|timeout exceeded when trying to connect|^database .* is not currently accepting connections/.test(
      message,
    )
  );
}
