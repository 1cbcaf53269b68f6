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
