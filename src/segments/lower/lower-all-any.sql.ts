/** `all:` and `any:` in SQL: Kleene's AND and OR over children that are lowered already. */
import type { Lowering } from './lowering.js';
import { allOf, anyOf, nameTruth, type Truth } from './truth.sql.js';

export function lowerAll(children: readonly Truth[], lowering: Lowering): Truth {
  return nameTruth(allOf(children, lowering, lowering.joins), lowering, lowering.joins);
}

export function lowerAny(children: readonly Truth[], lowering: Lowering): Truth {
  return nameTruth(anyOf(children, lowering, lowering.joins), lowering, lowering.joins);
}
