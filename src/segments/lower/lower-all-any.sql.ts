/** `all:` and `any:` in SQL: Kleene's AND and OR over children that are lowered already. */
import type { Lowering } from './lowering.js';
import { allOf, anyOf, type Truth } from './truth.sql.js';

export function lowerAll(children: readonly Truth[], lowering: Lowering): Truth {
  return allOf(children, lowering, lowering.joins);
}

export function lowerAny(children: readonly Truth[], lowering: Lowering): Truth {
  return anyOf(children, lowering, lowering.joins);
}
