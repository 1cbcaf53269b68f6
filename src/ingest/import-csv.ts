/**
 * Stage 1, CSV import by the command: a file on this machine and a mapping go in, profiles and events come out
 * (import-lines.ts). The same call again goes on where the one before stopped; of a finished import there is nothing
 * left to do.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import type { Clock } from '../core/clock.js';
import { OperationalError, UsageError } from '../core/errors.js';
import type { ConnectionSource, Queryable } from '../core/queryable.js';
import type { ImportMapping } from './import-csv-mapping.js';
import { inHand } from './import-in-hand.js';
import { storeLines, type LinesEnd } from './import-lines.js';
import {
  endImport,
  listErrors,
  loadImport,
  registerImport,
  type ImportError,
} from './imports.sql.js';
import { openCsv, type CsvFile } from './read-csv.js';

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
  /** `cancelled`: by somebody else, through the API or the console. */
  status: 'finished' | 'stopped' | 'cancelled' | 'nothing_to_do';
  /** With a row's id what makes an event the same one: `import:<name>`. */
  source: string;
  /** The line after which this call went on; 0 = from the start. */
  resumedAfter: number;
  /** Of the whole file, earlier calls included. `stored` counts rows: events, or profiles read. */
  rows: { stored: number; duplicate: number; refused: number };
  /** The first refused rows; all of them are in `import_errors`. */
  firstErrors: ImportError[];
  lines: number;
}

/** How many refused rows a result shows. */
const SHOWN_ERRORS = 10;

const STATUS: Record<LinesEnd | 'over', ImportResult['status']> = {
  end: 'finished',
  stopped: 'stopped',
  cancelled: 'cancelled',
  over: 'nothing_to_do',
};

/**
 * Imports `file`. Throws `UsageError` for a file or mapping that cannot work (missing column, no such file), also while
 * another process has it in hand, and `OperationalError` for a damaged file; what was committed before stays, and the
 * same call goes on after it.
 */
export async function importCsv(
  connections: ConnectionSource,
  o: ImportOptions,
): Promise<ImportResult> {
  const csv = await openCsv(o.file, o.mapping.delimiter);
  try {
    const { id, state, linesDone } = await registerImport(connections, {
      fingerprint: await fingerprintOf(o.mapping, createReadStream(o.file)),
      file: basename(o.file),
      mapping: o.mapping,
      askedBy: 'command',
      bytesTotal: csv.size,
      now: await o.clock.now(connections),
    });
    const end = state === 'finished' ? 'over' : await run(connections, o, csv, id);
    if (end === 'busy')
      throw new UsageError('another process is importing this file at the moment');
    const status = STATUS[end];
    return await resultOf(connections, id, { status, resumedAfter: linesDone });
  } finally {
    await csv.close();
  }
}

/** SHA-256 over mapping and content: another mapping of the same file is another import. */
async function fingerprintOf(
  mapping: ImportMapping,
  content: AsyncIterable<unknown>,
): Promise<string> {
  const hash = beginFingerprint(mapping);
  for await (const chunk of content) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** The fingerprint of an import whose content is yet to be hashed. */
export function beginFingerprint(mapping: ImportMapping): ReturnType<typeof createHash> {
  return createHash('sha256').update(JSON.stringify(mapping)).update('\0');
}

/** On a session of its own, which holds the import's lock. */
async function run(
  connections: ConnectionSource,
  { mapping, signal, onProgress, chunkLines = 20_000, file, clock }: ImportOptions,
  { lines, size, bytesRead }: CsvFile,
  id: number,
): Promise<LinesEnd | 'busy' | 'over'> {
  const options = {
    name: file,
    lines,
    bytesRead,
    mapping,
    chunkLines,
    ...(signal ? { signal } : {}),
    onProgress: (done: number) => onProgress?.({ bytesRead: bytesRead(), size, lines: done }),
  };
  const ends = async (state: 'finished' | 'failed', error: string | null): Promise<void> => {
    const now = await clock.now(connections);
    await endImport(connections, id, { from: ['running'], state, error, now });
  };
  const from = ['queued', 'running', 'failed', 'cancelled'] as const;
  return inHand(connections, { id, from, clock }, async (session, progress) => {
    try {
      const end = await storeLines(connections, session, options, progress);
      if (end === 'end') await ends('finished', null);
      if (end === 'stopped')
        await ends('failed', `stopped after line ${progress.linesDone}; the same command goes on`);
      return end;
    } catch (error) {
      // What the message of anything else says may hold values; the command itself shows it.
      const isDamaged = error instanceof OperationalError && error.kind === 'permanent';
      await ends('failed', isDamaged ? error.message : 'the command failed and said why');
      throw error;
    }
  });
}

async function resultOf(
  sql: Queryable,
  id: number,
  { status, resumedAfter }: Pick<ImportResult, 'status' | 'resumedAfter'>,
): Promise<ImportResult> {
  const { source, rowsStored, rowsDuplicate, rowsRefused, linesDone } = (await loadImport(
    sql,
    id,
  ))!;
  return {
    status,
    source,
    resumedAfter,
    rows: { stored: rowsStored, duplicate: rowsDuplicate, refused: rowsRefused },
    firstErrors: await listErrors(sql, id, { after: null, limit: SHOWN_ERRORS }),
    lines: linesDone,
  };
}
