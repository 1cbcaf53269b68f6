/** Paths into plain data: what stands there, as Postgres' `#>` finds it. Pure. */

/** The value at a path: own keys of objects, whole-number indexes of lists (-1 = the last); else undefined. */
export function valueAt(root: unknown, path: readonly string[]): unknown {
  let value = root;
  for (const key of path) {
    if (Array.isArray(value)) value = /^\s*[+-]?\d+$/.test(key) ? value.at(Number(key)) : undefined;
    else if (typeof value === 'object' && value !== null && Object.hasOwn(value, key))
      value = (value as Record<string, unknown>)[key];
    else return undefined;
  }
  return value;
}
