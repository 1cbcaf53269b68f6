/**
 * How the columns of entities hold our values: what TypeORM would do by itself loses them. Options only,
 * so that this folder stays without a database; the drivers' parsers of app/ bring values back.
 */
import { instantToSql, type Instant } from './instant.js';

/**
 * `timestamptz(3)` as an `Instant`. A number would go to the server as it is and a text through `Date`,
 * which knows no infinity; so the value goes as an object that pg asks for its text.
 */
export const INSTANT = {
  type: 'timestamptz',
  precision: 3,
  transformer: {
    to: (at: Instant | null | undefined) =>
      typeof at === 'number' ? { toPostgres: () => instantToSql(at) } : at,
    from: (at: Instant | null) => at,
  },
} as const;

/** The surrogate keys of the tables: numbers, which TypeORM would make texts without the parsers of app/. */
export const IDENTITY = { type: 'bigint', generatedIdentity: 'BY DEFAULT' } as const;
