/**
 * The words a template may use: what `language` checks and `messages` implements. A test holds the two
 * together, so that a helper is never known to one of them only.
 */

/** Called as `{{name …}}` or `(name …)`. */
export const TEMPLATE_HELPERS = [
  'date',
  'time',
  'number',
  'money',
  'plural',
  'truncate',
  'default',
  'eq',
  'not',
  'and',
  'or',
  'marketing',
  'language',
  'project_name',
  'postal_address',
  'unsubscribe_url',
] as const;

/** Called as `{{#name value}}`. */
export const TEMPLATE_BLOCKS = ['if', 'unless', 'each'] as const;

/** What variables begin with. */
export const TEMPLATE_NAMESPACES = ['profile', 'account', 'entry', 'with', 'iteration'] as const;

/** How many values a helper is given, and what they are. */
interface HelperArguments {
  least: number;
  most: number;
  /** After "takes". */
  takes: string;
  /** What is written behind the first value, `"EUR"`. */
  rest: string;
  /** The first value, where none is written. */
  first: string;
}

const NOTHING: HelperArguments = { least: 0, most: 0, takes: 'no value', first: '', rest: '' };
const TESTS = { least: 2, most: 20, takes: 'two tests or more', first: 'profile.plan' };

/** By helper: what `language` wants of a template, and below which `messages` does not render it. */
export const HELPER_ARGUMENTS: Readonly<
  Record<(typeof TEMPLATE_HELPERS)[number], HelperArguments>
> = {
  date: {
    least: 1,
    most: 2,
    takes: 'a day or an instant, and a style if you like',
    first: 'entry.ends_at',
    rest: '',
  },
  time: { least: 1, most: 1, takes: 'one instant', first: 'entry.starts_at', rest: '' },
  number: { least: 1, most: 1, takes: 'one number', first: 'entry.count', rest: '' },
  money: {
    least: 2,
    most: 2,
    takes: 'an amount and a currency',
    first: 'entry.amount',
    rest: '"EUR"',
  },
  plural: {
    least: 1,
    most: 1,
    takes: 'one number and its forms',
    first: 'entry.days',
    rest: 'one="# day" other="# days"',
  },
  truncate: {
    least: 2,
    most: 2,
    takes: 'a text and how many characters',
    first: 'entry.title',
    rest: '60',
  },
  default: {
    least: 2,
    most: 2,
    takes: 'a value and what stands there without it',
    first: 'profile.first_name',
    rest: '"there"',
  },
  eq: {
    least: 2,
    most: 2,
    takes: 'two values',
    first: 'profile.plan',
    rest: '"pro"',
  },
  not: { least: 1, most: 1, takes: 'one test', first: 'profile.plan', rest: '' },
  and: { ...TESTS, rest: 'profile.vip' },
  or: { ...TESTS, rest: 'profile.vip' },
  marketing: NOTHING,
  language: NOTHING,
  project_name: NOTHING,
  postal_address: NOTHING,
  unsubscribe_url: NOTHING,
};

/** The forms of a `plural`, of whatever language. */
export const PLURAL_FORMS: readonly string[] = ['zero', 'one', 'two', 'few', 'many', 'other'];

/** Styles of `date`. */
export const DATE_STYLES = ['full', 'long', 'medium', 'short'] as const;

/** What is wrong with how many values a helper has, after its name; null: nothing. */
export function wrongCount(
  helper: (typeof TEMPLATE_HELPERS)[number],
  count: number,
): string | null {
  const { least, most, takes } = HELPER_ARGUMENTS[helper];
  if (count >= least && count <= most) return null;
  const has = count === 0 ? 'none' : String(count);
  return `takes ${takes}, here it has ${has}`;
}
