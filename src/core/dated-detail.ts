/** Instants among the numbers behind a decision, as people and APIs read them. Pure. */

/** `detail` with ISO 8601 text in place of milliseconds under every key that ends in `_at`. */
export function datedDetail(detail: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(detail).map(([key, value]) => [
      key,
      key.endsWith('_at') && typeof value === 'number' ? new Date(value).toISOString() : value,
    ]),
  );
}
