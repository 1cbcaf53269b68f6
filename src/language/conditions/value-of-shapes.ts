/** The shape of tests against values that are looked up when the test is made, `is: { value_of: entry.plan }`. */

/** Of whom: the data of the entry, the traits of the profile, or those of its company. */
export type TestSource = 'entry' | 'profile' | 'account';

export interface ValueOf {
  of: TestSource;
  path: string[];
}

/** Words that compare with one value, and those that compare with any of several. */
export type ComparedBy =
  | 'is'
  | 'more_than'
  | 'less_than'
  | 'at_least'
  | 'at_most'
  | 'contains'
  | 'starts_with'
  | 'ends_with'
  | 'before'
  | 'after'
  | 'in'
  | 'contains_any';

/**
 * `to`: what it is compared with, several only by `in` and `contains_any`, where a value that is a list stands for its
 * elements. A value that is missing, or of a type that the word does not compare, leaves the test undecided.
 */
export interface ValueOfTest {
  op: 'value_of';
  by: ComparedBy;
  to: (string | number | boolean | ValueOf)[];
}

export function isValueOf(one: ValueOfTest['to'][number]): one is ValueOf {
  return typeof one === 'object';
}
