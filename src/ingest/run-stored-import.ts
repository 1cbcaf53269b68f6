/**
 * Stage 1, imports: one that waits in the database is read and stored. In: its number. Out: how it ended. What is wrong
 * with the file ends it as failed, in words; anything else (the database is away, the process stops) leaves it running,
 * for whoever looks next.
 */
import { Readable } from 'node:stream';
import type { Clock } from '../core/clock.js';
import type { ConnectionSource } from '../core/queryable.js';
import { inHand } from './import-in-hand.js';
import { faultOf, storeLines, type LinesEnd } from './import-lines.js';
import { endImport, readPieces, type StoredImport } from './imports.sql.js';
import { readLines, type CsvLine } from './read-csv.js';

/** Small, because requests are answered in between: some 20 ms of this process a chunk. */
const CHUNK_LINES = 4_000;

export interface StoredImportOptions {
  clock: Clock;
  /** Stops after the chunk in hand. */
  signal?: AbortSignal;
  /** Lines per transaction; default 4,000. */
  chunkLines?: number;
}

/** The lines of an import's file, and how many bytes of it have been read, unzipped. */
export function openStoredFile(
  connections: ConnectionSource,
  { id, file, mapping }: Pick<StoredImport, 'id' | 'file' | 'mapping'>,
): { lines: AsyncIterable<CsvLine>; bytesRead: () => number } {
  let read = 0;
  const lines = readLines(Readable.from(readPieces(connections, id)), {
    name: file,
    zipped: true,
    delimiter: mapping!.delimiter,
    onBytes: (count) => (read += count),
  });
  return { lines, bytesRead: () => read };
}

export async function runStoredImport(
  connections: ConnectionSource,
  id: number,
  { clock, signal, chunkLines = CHUNK_LINES }: StoredImportOptions,
): Promise<LinesEnd | 'failed' | 'busy' | 'over'> {
  const from = ['queued', 'running'] as const;
  return inHand(connections, { id, from, clock }, async (session, started) => {
    const ends = async (state: 'finished' | 'failed', error: string | null): Promise<void> => {
      const now = await clock.now(connections);
      await endImport(connections, id, { from: ['running'], state, error, now });
    };
    const options = {
      ...openStoredFile(connections, started),
      name: started.file,
      mapping: started.mapping!,
      chunkLines,
      ...(signal ? { signal } : {}),
    };
    try {
      const end = await storeLines(connections, session, options, started);
      if (end === 'end') await ends('finished', null);
      return end;
    } catch (error) {
      const why = faultOf(error);
      if (why === null) throw error;
      await ends('failed', why);
      return 'failed';
    }
  });
}
