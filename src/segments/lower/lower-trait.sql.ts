/** `trait:` in SQL. In: path and tests; out: their truth about the trait as it was at the subject's instant. */
import type { Path, ValueTest } from '../../language/definitions.js';
import type { Lowering } from './lowering.js';
import { lowerValue } from './lower-value.sql.js';
import { traitValue } from './trait-value.sql.js';
import type { Truth } from './truth.sql.js';

export function lowerTrait(path: Path, tests: readonly ValueTest[], lowering: Lowering): Truth {
  return lowerValue(traitValue(path, lowering), tests, lowering, lowering.joins);
}
