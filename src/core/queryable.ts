/**
 * The one thing the stages ask of the database: send a statement, get rows. A `pg` Pool and a `pg`
 * PoolClient both fit as they are. The pool is TypeORM's own (see app/database.ts) and parses
 * `timestamptz` to an `Instant` (number, `NEVER` for infinity), `bigint` to a safe number, `jsonb`
 * to values and `numeric` to text.
 */
export interface Queryable {
  query<R extends object = Record<string, unknown>>(
    statement: string | { name?: string; text: string; values?: unknown[] },
    values?: unknown[],
  ): Promise<{ rows: R[]; rowCount: number | null }>;
}

/** A pool that lends single connections, for what needs one session (advisory locks, transactions, COPY). */
export interface ConnectionSource extends Queryable {
  connect(): Promise<Connection>;
}

/** One borrowed session. `release(true)` throws the session away instead of returning it. */
export interface Connection extends Queryable {
  release(destroy?: boolean): void;
}
