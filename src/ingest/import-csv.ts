/**
 * Stage 1, CSV import: a file and a mapping go in, profiles and events come out, in chunks of one transaction
 * each. The chunk's place in the file is committed with its rows, so an import that was interrupted goes on
 * where it stopped, and a finished one has nothing to do. Rows that cannot be read are kept with their line and
 * the reason, and the others are stored. Imported events start nothing (semantics.md, Clock).
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import type { DataSource, EntityManager } from 'typeorm';
import type { Clock } from '../core/clock.js';
import { UsageError } from '../core/errors.js';
import type { Instant } from '../core/instant.js';
import type { Connection, ConnectionSource, Queryable } from '../core/queryable.js';
import { lockDefinitionsShared } from '../definitions/definitions-lock.js';
import { currentReads } from '../definitions/load-definitions.js';
import type { ProjectDefinition } from '../language/definitions.js';
import { isDataError } from './data-error.js';
import { startOf, zoneOf } from './decide-profile.js';
import type { ImportMapping } from './import-csv-mapping.js';
import { bindMapping, RowError, type ImportRow, type ReadRow } from './import-csv-row.js';
import { Import, ImportError } from './import.entity.js';
import {
  announce,
  createStaging,
  stageRows,
  storeEvents,
  storeTraits,
  type StagedRow,
  type Stamp,
} from './import-csv.sql.js';
import { ensureMonths, monthOf } from './partitions.js';
import { openCsv, type CsvFile, type CsvLine } from './read-csv.js';

export interface ImportOptions {
  file: string;
  mapping: ImportMapping;
  clock: Clock;
  /** Lines per transaction; default 20,000. */
  chunkLines?: number;
  /** Called after each chunk; bytes of the file as it lies on the disk. */
  onProgress?: (progress: { bytesRead: number; size: number; lines: number }) => void;
  /** Stops after the chunk in hand; the next call goes on from there. */
  signal?: AbortSignal;
}

export interface ImportResult {
  status: 'finished' | 'stopped' | 'nothing_to_do';
  /** With a row's id what makes an event the same one: `import:<name>`. */
  source: string;
  /** The line after which this call went on; 0 = from the start. */
  resumedAfter: number;
  /** Of the whole file, earlier calls included. `stored` counts rows: events, or profiles read. */
  rows: { stored: number; duplicate: number; refused: number };
  /** The first refused rows; all of them are in `import_errors`. */
  firstErrors: { line: number; detail: string }[];
  lines: number;
}

/** The workspace: its pool for rows, its entities for how far the import has come. */
export interface ImportDatabase {
  connections: ConnectionSource;
  dataSource: DataSource;
}

/** How many refused rows a result shows. */
const SHOWN_ERRORS = 10;

/**
 * Imports `file`. Throws `UsageError` for a file or mapping that cannot work (missing column, no such file) and
 * `OperationalError` for a damaged file; what was committed before stays, and the same call goes on after it.
 */
export async function importCsv(
  { connections, dataSource }: ImportDatabase,
  o: ImportOptions,
): Promise<ImportResult> {
  const imports = dataSource.manager;
  const file = await openCsv(o.file, o.mapping.delimiter);
  try {
    const progress = await openImport(imports, await o.clock.now(connections), o);
    if (progress.finishedAt !== null)
      return await resultOf(imports, o.mapping, progress, 'nothing_to_do', progress.linesDone);
    const resumedAfter = progress.linesDone;
    const finished = await storeFile(connections, o, file, progress);
    if (finished) {
      const finishedAt = await o.clock.now(connections);
      await imports.update(Import, { id: progress.id }, { finishedAt });
    }
    const status = finished ? 'finished' : 'stopped';
    return await resultOf(imports, o.mapping, progress, status, resumedAfter);
  } finally {
    await file.close();
  }
}

/** The import's row, new or as an earlier call left it. */
async function openImport(
  imports: EntityManager,
  startedAt: Instant,
  o: ImportOptions,
): Promise<Import> {
  const row = { fingerprint: await fingerprint(o.file, o.mapping), file: basename(o.file) };
  await imports
    .createQueryBuilder()
    .insert()
    .into(Import)
    .values({ ...row, startedAt })
    .orUpdate(['file'], ['fingerprint'])
    .execute();
  return imports.findOneByOrFail(Import, { fingerprint: row.fingerprint });
}

/** The file's bytes and the mapping: another mapping of the same file is another import. */
async function fingerprint(file: string, mapping: ImportMapping): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(mapping)).update('\0');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Reads on from `progress.linesDone`, a chunk at a time. Returns whether the end was reached. */
async function storeFile(
  connections: ConnectionSource,
  o: ImportOptions,
  file: CsvFile,
  progress: Import,
): Promise<boolean> {
  const chunkLines = o.chunkLines ?? 20_000;
  const connection = await connections.connect();
  let broken = true;
  try {
    await createStaging(connection);
    let read: ReadRow | null = null;
    let chunk: CsvLine[] = [];
    const store = async (): Promise<void> => {
      await storeChunk(connections, connection, o.mapping, read!, chunk, progress);
      o.onProgress?.({ bytesRead: file.bytesRead(), size: file.size, lines: progress.linesDone });
      chunk = [];
    };
    for await (const line of file.lines) {
      if (!read) read = bindHeader(o.mapping, line, progress.startedAt);
      else if (line.line > progress.linesDone) chunk.push(line);
      if (chunk.length < chunkLines) continue;
      await store();
      if (o.signal?.aborted) break;
    }
    if (!read) throw new UsageError(`${o.file} is empty: its first line names the columns`);
    if (chunk.length > 0 && !o.signal?.aborted) await store();
    broken = false;
    return !o.signal?.aborted;
  } finally {
    connection.release(broken);
  }
}

function bindHeader(mapping: ImportMapping, line: CsvLine, importedAt: Instant): ReadRow {
  if ('error' in line)
    throw new UsageError(`the header (line ${line.line}) cannot be read: ${line.error}`);
  return bindMapping(mapping, line.record, importedAt);
}

/** Stores a chunk; where a value in it is one that the database cannot keep, its halves, down to that line. */
async function storeChunk(
  connections: ConnectionSource,
  sql: Connection,
  mapping: ImportMapping,
  read: ReadRow,
  chunk: CsvLine[],
  progress: Import,
): Promise<void> {
  const store = (part: CsvLine[]) => storePart(connections, sql, mapping, read, part, progress);
  try {
    await store(chunk);
  } catch (error) {
    if (!isDataError(error)) throw error;
    await sql.query('rollback');
    if (chunk.length === 1) {
      const { code } = error as { code: string };
      const refusal = `the database cannot keep it (SQLSTATE ${code})`;
      return store([{ line: chunk[0]!.line, error: refusal }]);
    }
    const middle = chunk.length >> 1;
    for (const half of [chunk.slice(0, middle), chunk.slice(middle)])
      await storeChunk(connections, sql, mapping, read, half, progress);
  }
}

/** One transaction: rows, errors and how far the import has come. */
async function storePart(
  connections: ConnectionSource,
  sql: Connection,
  mapping: ImportMapping,
  read: ReadRow,
  chunk: CsvLine[],
  progress: Import,
): Promise<void> {
  const stamp: Stamp = { source: mapping.source, importedAt: progress.startedAt };
  const { rows, errors } = readChunk(read, chunk);
  // In transactions of their own: making a partition locks what this one is about to write.
  await ensureMonths(
    connections,
    new Set(rows.flatMap(({ event }) => (event ? [monthOf(event.at)] : []))),
  );
  await sql.query('begin');
  await lockDefinitionsShared(sql);
  const live = await currentReads(sql);
  await stageRows(
    sql,
    rows.map((row) => withStart(row, live?.project ?? null, stamp.importedAt)),
    stamp,
  );
  const gained = mapping.traits.length > 0 ? await storeTraits(sql, stamp) : [];
  const counts = mapping.event
    ? await storeEvents(sql, stamp)
    : { stored: rows.length, duplicate: 0 };
  if (live) await announce(sql, gained, mapping.event !== null, stamp);
  await keepErrors(sql, progress.id, errors);
  const linesDone = chunk.at(-1)!.line;
  await advanceImport(sql, progress, linesDone, { ...counts, refused: errors.length });
  await sql.query('commit');
  progress.linesDone = linesDone;
}

function withStart(row: ImportRow, project: ProjectDefinition | null, now: Instant): StagedRow {
  return {
    ...row,
    startAt: project && startOf({ traits: row.traits, zone: zoneOf(row.traits) }, project, now),
  };
}

function readChunk(
  read: ReadRow,
  chunk: CsvLine[],
): { rows: ImportRow[]; errors: { line: number; detail: string }[] } {
  const rows: ImportRow[] = [];
  const errors: { line: number; detail: string }[] = [];
  for (const line of chunk) {
    if ('error' in line) {
      errors.push({ line: line.line, detail: line.error });
      continue;
    }
    try {
      rows.push(read(line.line, line.record));
    } catch (error) {
      if (!(error instanceof RowError)) throw error;
      errors.push({ line: line.line, detail: error.message });
    }
  }
  return { rows, errors };
}

async function keepErrors(
  sql: Queryable,
  importId: number,
  errors: { line: number; detail: string }[],
): Promise<void> {
  if (errors.length === 0) return;
  await sql.query(
    `insert into import_errors (import_id, line, detail)
     select $1, line, detail from unnest($2::bigint[], $3::text[]) e (line, detail) on conflict do nothing`,
    [importId, errors.map((error) => error.line), errors.map((error) => error.detail)],
  );
}

async function advanceImport(
  sql: Queryable,
  progress: Import,
  linesDone: number,
  counts: { stored: number; duplicate: number; refused: number },
): Promise<void> {
  const { rowCount } = await sql.query(
    `update imports set lines_done = $3, rows_stored = rows_stored + $4, rows_duplicate = rows_duplicate + $5,
       rows_refused = rows_refused + $6
     where id = $1 and lines_done = $2`,
    [progress.id, progress.linesDone, linesDone, counts.stored, counts.duplicate, counts.refused],
  );
  if (rowCount !== 1) throw new UsageError('another process is importing this file at the moment');
}

async function resultOf(
  imports: EntityManager,
  { source }: ImportMapping,
  { id, linesDone }: Import,
  status: ImportResult['status'],
  resumedAfter: number,
): Promise<ImportResult> {
  const counts = await imports.findOneByOrFail(Import, { id });
  const errors = await imports.find(ImportError, {
    where: { importId: id },
    order: { line: 'ASC' },
    take: SHOWN_ERRORS,
  });
  return {
    status,
    source,
    resumedAfter,
    rows: {
      stored: counts.rowsStored,
      duplicate: counts.rowsDuplicate,
      refused: counts.rowsRefused,
    },
    firstErrors: errors.map(({ line, detail }) => ({ line, detail })),
    lines: linesDone,
  };
}
