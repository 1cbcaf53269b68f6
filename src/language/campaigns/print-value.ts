/** What a step states or sends along, in the language's own words: `15%`, `value_of: entry.items`, `measure: …`, `choose: …`. Pure. */
import { wordsOf, measureWords } from '../conditions/print-condition.js';
import type { StepValue } from '../definitions.js';

/** As a file would have it, to be put on one line. */
function valueWords(value: StepValue): unknown {
  switch (value.kind) {
    case 'literal':
      return value.value;
    case 'value_of':
      return { value_of: [value.from, ...value.path].join('.') };
    case 'measure':
      return { measure: measureWords(value) };
    case 'choose':
      return {
        choose: value.arms.map(({ if: when, use }) =>
          when === null ? { else: valueWords(use) } : { if: wordsOf(when), use: valueWords(use) },
        ),
      };
  }
}

/** Of each name its value. */
export function valuesWords(values: Record<string, StepValue>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, valueWords(value)]),
  );
}
