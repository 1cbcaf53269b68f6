/** What is said of values that a place does not have. Pure. */
import type { Source } from './scope.js';
import type { TestSource } from './value-of-shapes.js';

/** Why a place has no such value, and what to do. */
export function absent(
  of: TestSource,
  sources: readonly Source[],
): [message: string, help: string] {
  if (sources.length === 0)
    return ['a value cannot be looked up here', 'write the number or the text itself'];
  const others = sources.map((one) => (typeof one === 'string' ? `${one}.` : 'with.')).join(', ');
  switch (of) {
    case 'entry':
      return [
        'there is no entry here',
        `entry. is for conditions of campaigns and for who: of a broadcast; here there is ${others}`,
      ];
    case 'profile':
      return [
        'this is about a company, which has many profiles',
        `here there is ${others}; say members: with who: for what is asked of a member`,
      ];
    case 'account':
      return [
        "the company's traits are not looked up here",
        `here there is ${others}; say if: with a condition about the account`,
      ];
  }
}
