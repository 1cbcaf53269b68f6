/** `entry:` in SQL: tests on the data an enrolment began with. Outside enrolments every value is missing. */
import type { Path, ValueTest } from '../../language/definitions.js';
import type { Lowering } from './lowering.js';
import { lowerValue } from './lower-value.sql.js';
import type { Truth } from './truth.sql.js';

export function lowerEntry(path: Path, tests: readonly ValueTest[], lowering: Lowering): Truth {
  lowering.columns.entry = true;
  return lowerValue(
    `(s.entry #> ${lowering.bind(path, 'text[]')})`,
    tests,
    lowering,
    lowering.joins,
  );
}
