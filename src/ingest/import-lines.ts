/**
 * Stage 1, imports: the lines of a file become profiles and events, in chunks of one transaction each. In: records with
 * their line numbers, a mapping, and an import that is ours (imports.sql.ts). Out: how it ended. Invariants: a chunk's
 * place in the file is committed with its rows, so an import goes on where it stopped; rows that cannot be read are kept
 * with their line and the reason, the others are stored. Imported events start nothing (semantics.md, Clock).
 */
import { OperationalError, UsageError } from '../core/errors.js';
import type { Instant } from '../core/instant.js';
import type { Connection, ConnectionSource } from '../core/queryable.js';
import { lockDefinitionsShared } from '../definitions/definitions-lock.js';
import { currentReads } from '../definitions/load-definitions.js';
import type { ProjectDefinition } from '../language/definitions.js';
import { isDataError, unstorable } from './data-error.js';
import { startOf, zoneOf } from './decide-profile.js';
import type { ImportMapping } from './import-csv-mapping.js';
import { bindMapping, RowError, type ImportRow, type ReadRow } from './import-csv-row.js';
import {
  announce,
  createStaging,
  stageRows,
  storeEvents,
  storeTraits,
  type StagedRow,
  type Stamp,
} from './import-csv.sql.js';
import { advanceImport, keepErrors, type ImportError, type StoredImport } from './imports.sql.js';
import { ensureMonths, monthOf } from './partitions.js';
import type { CsvLine } from './read-csv.js';
import { TOO_MANY_NAMES, TRAITS_TOO_LARGE } from './trait-limits.js';

export interface LinesToStore {
  /** For errors. */
  name: string;
  lines: AsyncIterable<CsvLine>;
  /** How far the file has been read. */
  bytesRead: () => number;
  mapping: ImportMapping;
  /** Lines per transaction. */
  chunkLines: number;
  /** Called after each chunk. */
  onProgress?: (lines: number) => void;
  /** Stops after the chunk in hand. */
  signal?: AbortSignal;
}

/** `cancelled`: somebody ended the import meanwhile; the chunk in hand is not stored. */
export type LinesEnd = 'end' | 'stopped' | 'cancelled';

/** Where the import stands while it goes on. */
type Progress = Pick<StoredImport, 'id' | 'linesDone' | 'startedAt'>;

class Cancelled extends Error {}

/**
 * Stores lines after `progress.linesDone`, on a session that holds the import's lock; moves `progress` on. Throws
 * `UsageError` for a mapping that does not fit the header, and what reading the lines throws.
 */
export async function storeLines(
  connections: ConnectionSource,
  session: Connection,
  o: LinesToStore,
  progress: Progress,
): Promise<LinesEnd> {
  const chunks = new ChunkStore(connections, session, o, progress);
  await createStaging(session);
  let read: ReadRow | null = null;
  let chunk: CsvLine[] = [];
  const store = async (): Promise<void> => {
    await chunks.store(read!, chunk);
    o.onProgress?.(progress.linesDone);
    chunk = [];
  };
  try {
    for await (const line of o.lines) {
      if (!read) read = bindHeader(o.mapping, line, progress.startedAt);
      else if (line.line > progress.linesDone) chunk.push(line);
      if (chunk.length >= o.chunkLines) await store();
      if (o.signal?.aborted) return 'stopped';
    }
    if (!read) throw new UsageError(`${o.name} is empty: its first line names the columns`);
    if (chunk.length > 0) await store();
    return 'end';
  } catch (error) {
    if (!(error instanceof Cancelled)) throw error;
    await session.query('rollback');
    return 'cancelled';
  }
}

/** What is wrong with the file or its mapping, as reading it found; null: it is no fault of theirs. */
export function faultOf(error: unknown): string | null {
  const isFault =
    error instanceof UsageError ||
    (error instanceof OperationalError && error.kind === 'permanent');
  return isFault ? error.message : null;
}

/** Binds a mapping to the first line of a file; throws `UsageError` when it does not fit. */
export function bindHeader(mapping: ImportMapping, line: CsvLine, importedAt: Instant): ReadRow {
  if ('error' in line)
    throw new UsageError(`the header (line ${line.line}) cannot be read: ${line.error}`);
  return bindMapping(mapping, line.record, importedAt);
}

/** The row that a line is, or why it is none. */
export function readLine(read: ReadRow, line: CsvLine): ImportRow | ImportError {
  if ('error' in line) return { line: line.line, detail: line.error };
  try {
    return read(line.line, line.record);
  } catch (error) {
    if (!(error instanceof RowError)) throw error;
    return { line: line.line, detail: error.message };
  }
}

class ChunkStore {
  private readonly stamp: Stamp;

  constructor(
    private readonly connections: ConnectionSource,
    private readonly sql: Connection,
    private readonly o: LinesToStore,
    private readonly progress: Progress,
  ) {
    this.stamp = { source: o.mapping.source, importedAt: progress.startedAt };
  }

  /** Stores a chunk; where a value in it is one that the database cannot keep, its halves, down to that line. */
  async store(read: ReadRow, chunk: readonly CsvLine[]): Promise<void> {
    try {
      await this.storePart(read, chunk);
    } catch (error) {
      if (!isDataError(error)) throw error;
      await this.sql.query('rollback');
      if (chunk.length === 1)
        return this.storePart(read, [{ line: chunk[0]!.line, error: inWords(error) }]);
      const middle = chunk.length >> 1;
      for (const half of [chunk.slice(0, middle), chunk.slice(middle)])
        await this.store(read, half);
    }
  }

  /** One transaction: rows, errors and how far the import has come. */
  private async storePart(read: ReadRow, chunk: readonly CsvLine[]): Promise<void> {
    const { connections, sql, stamp, progress } = this;
    const { mapping, bytesRead } = this.o;
    const { rows, errors } = apart(chunk.map((line) => readLine(read, line)));
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
    const to = chunk.at(-1)!.line;
    const advance = { from: progress.linesDone, to, bytes: bytesRead(), refused: errors.length };
    if (!(await advanceImport(sql, progress.id, { ...counts, ...advance }))) throw new Cancelled();
    await sql.query('commit');
    progress.linesDone = to;
  }
}

function apart(read: readonly (ImportRow | ImportError)[]): {
  rows: ImportRow[];
  errors: ImportError[];
} {
  const rows: ImportRow[] = [];
  const errors: ImportError[] = [];
  for (const one of read) {
    if ('detail' in one) errors.push(one);
    else rows.push(one);
  }
  return { rows, errors };
}

function withStart(row: ImportRow, project: ProjectDefinition | null, now: Instant): StagedRow {
  return {
    ...row,
    startAt: project && startOf({ traits: row.traits, zone: zoneOf(row.traits) }, project, now),
  };
}

/** The code of the tracking API where it has one. */
function inWords(error: unknown): string {
  const words = unstorable(error);
  return words === TRAITS_TOO_LARGE || words === TOO_MANY_NAMES ? `traits_full: ${words}` : words;
}
