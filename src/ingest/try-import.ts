/**
 * Stage 1, imports: a dry run. In: the beginning of a file and a mapping. Out: what its first rows would become and what
 * is wrong with them; nothing is stored, and what stands behind them is not read.
 */
import { Readable } from 'node:stream';
import { HttpProblem } from '../core/http-problem.js';
import type { Instant } from '../core/instant.js';
import { arriving, peek, type ArrivingOptions } from './arriving.js';
import { bindHeader, faultOf, readLine } from './import-lines.js';
import type { ImportError } from './imports.sql.js';
import type { ImportRow, ReadRow } from './import-csv-row.js';
import { isGzip, readLines } from './read-csv.js';
import type { Upload } from './receive-import.js';

export interface TriedRows {
  /** In the order of the file. */
  rows: (ImportRow | ImportError)[];
  refused: number;
  /** Whether the file ended with them. */
  complete: boolean;
}

export interface TryOptions extends Omit<ArrivingOptions, 'limit'> {
  rows: number;
  now: Instant;
}

/** A row is at most 1 MB; so many of them say enough of a file. */
const MOST_BYTES = 64 * 1024 * 1024;

/** Throws HttpProblem: 422 for a mapping that does not fit or a file that cannot be read. */
export async function tryImport(
  { body, zipped, file, mapping }: Omit<Upload, 'by'>,
  { rows: wanted, now, ...o }: TryOptions,
): Promise<TriedRows> {
  // What comes after the last row is not waited for.
  const enough = new AbortController();
  const stop = (): void => enough.abort();
  o.signal.addEventListener('abort', stop);
  const { signal } = enough;
  const { head, all } = await peek(arriving(body, { ...o, signal, limit: MOST_BYTES }), 2);
  const bytes = Readable.from(all);
  const isZipped = zipped || isGzip(head);
  const rows: TriedRows['rows'] = [];
  let read: ReadRow | null = null;
  let complete = true;
  try {
    for await (const line of readLines(bytes, {
      name: file,
      zipped: isZipped,
      delimiter: mapping.delimiter,
    })) {
      if (!read) read = bindHeader(mapping, line, now);
      else if (rows.length < wanted) rows.push(readLine(read, line));
      else {
        complete = false;
        stop();
        break;
      }
    }
  } catch (error) {
    const fault = faultOf(error);
    throw fault === null ? error : new HttpProblem(422, fault);
  } finally {
    o.signal.removeEventListener('abort', stop);
  }
  if (!read) throw new HttpProblem(422, 'the file is empty: its first line names the columns');
  return { rows, refused: rows.filter((row) => 'detail' in row).length, complete };
}
