/** Definitions in English. */
import { some } from './count.js';

export const definitions = {
  title: 'Definitions',
  about: 'What is live. Templates are changed where they are written, and applied from there.',
  emptyTitle: 'Nothing is applied yet',
  empty: 'Make the folder config/ live with',
  name: 'Name',
  kind: 'Kind',
  version: 'Version',
  versions: 'Versions',
  applied: 'Applied',
  source: 'Source',
  toCampaign: 'Its figures',
  check: 'Check and plan',
  errors: 'This cannot be applied yet',
  warnings: 'Worth a look',
  plan: 'What applying would do',
  noChange: 'This means the same as what is live: there is nothing to apply.',
  inFlight: (n: number) =>
    `${some(n, 'enrolment', 'enrolments')} under way keep the version they began with.`,
  diff: 'Lines that change',
  apply: 'Apply',
};
