/**
 * Stage 1, imports: the tables `imports` (what was asked for, how far each file has come), `import_errors` (its refused
 * rows) and `import_files` (the file itself, until it is read). Invariant: whoever has an import in hand holds its
 * advisory lock on the session that stores its rows, so two never store the same, and a process that dies lets go.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { ImportMapping } from './import-csv-mapping.js';

export const IMPORT_STATES = ['queued', 'running', 'finished', 'failed', 'cancelled'] as const;
export type ImportState = (typeof IMPORT_STATES)[number];

export interface StoredImport {
  id: number;
  /** The file's name, for people. */
  file: string;
  /** `import:<name>`; with a row's id what makes an event the same one. */
  source: string;
  /** Null: it is from before mappings were kept. */
  mapping: ImportMapping | null;
  state: ImportState;
  /** `api:NAME`, `console:NAME`, `command`. */
  askedBy: string;
  askedAt: Instant;
  /** Since when its rows are known, the same however often it goes on. */
  startedAt: Instant;
  /** When it came to an end: finished, failed or cancelled. */
  finishedAt: Instant | null;
  /** Of the file as it is read: unzipped, unless a command reads it. */
  bytesTotal: number;
  bytesDone: number;
  linesDone: number;
  rowsStored: number;
  rowsDuplicate: number;
  rowsRefused: number;
  /** Why it failed. */
  error: string | null;
}

const COLUMNS = `id, file, source, mapping, state, asked_by as "askedBy", asked_at as "askedAt", started_at as "startedAt",
  finished_at as "finishedAt", bytes_total as "bytesTotal", bytes_done as "bytesDone", lines_done as "linesDone",
  rows_stored as "rowsStored", rows_duplicate as "rowsDuplicate", rows_refused as "rowsRefused", error`;

export interface NewImport {
  /** Of the file's bytes and the mapping: the same again is the same import. */
  fingerprint: string;
  file: string;
  mapping: ImportMapping;
  askedBy: string;
  bytesTotal: number;
  now: Instant;
}

/** The import of this fingerprint: a new one, queued, or the one that there is. */
export async function registerImport(
  sql: Queryable,
  { fingerprint, file, mapping, askedBy, bytesTotal, now }: NewImport,
): Promise<StoredImport & { isNew: boolean }> {
  const { rows } = await sql.query<StoredImport & { isNew: boolean }>(
    `insert into imports (fingerprint, file, source, mapping, state, asked_by, asked_at, started_at, bytes_total)
     values ($1, $2, $3, $4::jsonb, 'queued', $5, $6::timestamptz(3), $6::timestamptz(3), $7)
     on conflict (fingerprint) do update set file = excluded.file, source = excluded.source, mapping = excluded.mapping
     returning ${COLUMNS}, xmax = 0 as "isNew"`,
    [
      fingerprint,
      file,
      mapping.source,
      JSON.stringify(mapping),
      askedBy,
      instantToSql(now),
      bytesTotal,
    ],
  );
  return rows[0]!;
}

/** Queues an import anew that failed or was cancelled; it goes on after the rows that are stored. */
export async function requeueImport(
  sql: Queryable,
  id: number,
  { askedBy, bytesTotal, now }: Pick<NewImport, 'askedBy' | 'bytesTotal' | 'now'>,
): Promise<boolean> {
  const { rowCount } = await sql.query(
    `update imports set state = 'queued', asked_by = $2, asked_at = $3::timestamptz(3), bytes_total = $4, bytes_done = 0,
       finished_at = null, error = null
     where id = $1 and state in ('failed', 'cancelled')`,
    [id, askedBy, instantToSql(now), bytesTotal],
  );
  return rowCount === 1;
}

const LOCK = `hashtext('imports of ' || current_schema()), $1::integer`;

/** Takes an import in hand, for as long as the session lasts or until `unlockImport`; false: somebody has it. */
export async function lockImport(session: Queryable, id: number): Promise<boolean> {
  const { rows } = await session.query<{ taken: boolean }>(
    `select pg_try_advisory_lock(${LOCK}) as taken`,
    [id],
  );
  return rows[0]!.taken;
}

export async function unlockImport(session: Queryable, id: number): Promise<void> {
  await session.query(`select pg_advisory_unlock(${LOCK})`, [id]);
}

/** Marks an import that is in one of these states as running; null when it is in none. The lock must be held. */
export async function startImport(
  session: Queryable,
  id: number,
  { from, now }: { from: readonly ImportState[]; now: Instant },
): Promise<StoredImport | null> {
  const { rows } = await session.query<StoredImport>(
    `update imports set state = 'running', error = null, finished_at = null,
       started_at = case when lines_done = 0 then $3::timestamptz(3) else started_at end
     where id = $1 and state = any($2::text[]) returning ${COLUMNS}`,
    [id, from, instantToSql(now)],
  );
  return rows[0] ?? null;
}

export interface Advance {
  /** The line that was reached before, and the one that is now. */
  from: number;
  to: number;
  bytes: number;
  stored: number;
  duplicate: number;
  refused: number;
}

/** Writes down how far it has come, in the transaction of the rows; false when it is not running any more. */
export async function advanceImport(
  session: Queryable,
  id: number,
  { from, to, bytes, stored, duplicate, refused }: Advance,
): Promise<boolean> {
  const { rowCount } = await session.query(
    `update imports set lines_done = $3, bytes_done = $4, rows_stored = rows_stored + $5,
       rows_duplicate = rows_duplicate + $6, rows_refused = rows_refused + $7
     where id = $1 and lines_done = $2 and state = 'running'`,
    [id, from, to, bytes, stored, duplicate, refused],
  );
  return rowCount === 1;
}

/** Ends an import that is in one of the states `from`, so that one that was cancelled stays so. Its file goes. */
export async function endImport(
  sql: Queryable,
  id: number,
  {
    from,
    state,
    error,
    now,
  }: {
    from: readonly ImportState[];
    state: 'finished' | 'failed' | 'cancelled';
    error: string | null;
    now: Instant;
  },
): Promise<boolean> {
  const { rowCount } = await sql.query(
    `with ended as (
       update imports set state = $2, error = $3, finished_at = $4::timestamptz(3),
         bytes_done = case when $2 = 'finished' then bytes_total else bytes_done end
       where id = $1 and state = any($5::text[]) returning id),
     gone as (delete from import_files where import_id in (select id from ended))
     select from ended`,
    [id, state, error, instantToSql(now), from],
  );
  return rowCount === 1;
}

/** Ends an import that somebody has enough of; the chunk in hand is not stored. False when it has ended already. */
export function cancelImport(sql: Queryable, id: number, now: Instant): Promise<boolean> {
  return endImport(sql, id, { from: ['queued', 'running'], state: 'cancelled', error: null, now });
}

/** Adds one piece of the file. */
export async function storePiece(
  sql: Queryable,
  id: number,
  { piece, bytes }: { piece: number; bytes: Buffer },
): Promise<void> {
  await sql.query({
    name: 'ingest-store-piece',
    text: 'insert into import_files (import_id, piece, bytes) values ($1, $2, $3)',
    values: [id, piece, bytes],
  });
}

/** The pieces of the file in order. */
export async function* readPieces(sql: Queryable, id: number): AsyncGenerator<Buffer> {
  for (let piece = 0; ; piece += 1) {
    const { rows } = await sql.query<{ bytes: Buffer }>({
      name: 'ingest-read-piece',
      text: 'select bytes from import_files where import_id = $1 and piece = $2',
      values: [id, piece],
    });
    if (!rows[0]) return;
    yield rows[0].bytes;
  }
}

/** Imports that wait or were left, with a file to read; the oldest first. */
export async function openImports(sql: Queryable): Promise<number[]> {
  const { rows } = await sql.query<{ id: number }>(
    `select id from imports i where state in ('queued', 'running')
       and exists (select from import_files f where f.import_id = i.id and f.piece = 0) order by id`,
  );
  return rows.map(({ id }) => id);
}

/** Of the imports of commands those whose command is gone: nobody else has their file. */
export async function failLostImports(sql: Queryable, now: Instant): Promise<void> {
  await sql.query(
    `with open as materialized (
       select id from imports i where state in ('queued', 'running')
         and not exists (select from import_files f where f.import_id = i.id)),
     lost as materialized (
       select id from open
       where pg_try_advisory_xact_lock(hashtext('imports of ' || current_schema()), id::integer))
     update imports i set state = 'failed', finished_at = $1::timestamptz(3),
       error = 'the command was interrupted; the same command goes on'
     from lost where i.id = lost.id`,
    [instantToSql(now)],
  );
}

/** Imports, the latest first; `before` an id. */
export async function listImports(
  sql: Queryable,
  { state, before, limit }: { state: ImportState | null; before: number | null; limit: number },
): Promise<StoredImport[]> {
  const { rows } = await sql.query<StoredImport>(
    `select ${COLUMNS} from imports
     where ($1::text is null or state = $1) and ($2::bigint is null or id < $2)
     order by id desc limit $3`,
    [state, before, limit],
  );
  return rows;
}

/** One import; null when there is none of this number. */
export async function loadImport(sql: Queryable, id: number): Promise<StoredImport | null> {
  const { rows } = await sql.query<StoredImport>(`select ${COLUMNS} from imports where id = $1`, [
    id,
  ]);
  return rows[0] ?? null;
}

export interface ImportError {
  line: number;
  detail: string;
}

/** Keeps why rows were refused. */
export async function keepErrors(
  sql: Queryable,
  id: number,
  errors: readonly ImportError[],
): Promise<void> {
  if (errors.length === 0) return;
  await sql.query(
    `insert into import_errors (import_id, line, detail)
     select $1, line, detail from unnest($2::bigint[], $3::text[]) e (line, detail) on conflict do nothing`,
    [id, errors.map(({ line }) => line), errors.map(({ detail }) => detail)],
  );
}

/** Refused rows in the order of the file, those after the line `after`. */
export async function listErrors(
  sql: Queryable,
  id: number,
  { after, limit }: { after: number | null; limit: number },
): Promise<ImportError[]> {
  const { rows } = await sql.query<ImportError>(
    `select line, detail from import_errors
     where import_id = $1 and ($2::bigint is null or line > $2) order by line limit $3`,
    [id, after, limit],
  );
  return rows;
}
