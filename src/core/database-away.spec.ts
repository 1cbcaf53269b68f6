/** What the driver throws when the database is gone, and what it throws when a statement is wrong. */
import { isDatabaseAway } from './database-away.js';

it.each([
  { code: '57P01', message: 'terminating connection due to administrator command' },
  { code: '08006' },
  { code: '53300' },
  { code: 'ECONNREFUSED', syscall: 'connect' },
  { message: 'Connection terminated unexpectedly' },
])('%j is the database being away', (error) => expect(isDatabaseAway(error)).toBe(true));

it.each([
  { code: '22P02' },
  { code: '23505' },
  { code: '40001' },
  new TypeError('x'),
  null,
  'text',
])('%j is not', (error) => expect(isDatabaseAway(error)).toBe(false));
