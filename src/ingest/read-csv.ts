/**
 * Stage 1, CSV import: a file, gzipped or not, becomes records with their line numbers, one at a time. Memory
 * is bounded by the longest row allowed, whatever the file holds.
 */
import { open, stat, type FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { PassThrough } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CsvError, parse } from 'csv-parse';
import { OperationalError, UsageError } from '../core/errors.js';

/** A row longer than this is taken for a broken file (usually a quote that is never closed). */
const MAX_ROW_BYTES = 1_000_000;

/** `line` is where the record ends, from 1 (the header's); `error` says why it is no record. */
export type CsvLine = { line: number; record: string[] } | { line: number; error: string };

export interface CsvFile {
  /** Bytes of the file as it lies on the disk. */
  size: number;
  /** How many of them were read so far. */
  bytesRead: () => number;
  lines: AsyncIterable<CsvLine>;
  close(): Promise<void>;
}

/** The first bytes of gzip; no text in UTF-8 begins so. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Opens `path`; what it is (gzip or text) is told by its first bytes, not by its name. Throws `UsageError`
 * where there is no such file; iterating throws `OperationalError` when the file is damaged.
 */
export async function openCsv(path: string, delimiter: string): Promise<CsvFile> {
  const file = await openFile(path);
  const { size } = await file.stat();
  const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
  const zipped = isGzip(buffer.subarray(0, bytesRead));
  if (!zipped && path.endsWith('.gz')) {
    await file.close();
    throw new UsageError(`${path} is named .gz but is not gzip`);
  }
  const bytes = file.createReadStream({ start: 0, autoClose: false });
  return {
    size,
    bytesRead: () => bytes.bytesRead,
    lines: readLines(bytes, { name: path, zipped, delimiter }),
    async close() {
      bytes.destroy();
      await file.close();
    },
  };
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    // Looked at first: opening a pipe waits for whoever writes to it.
    if (!(await stat(path)).isFile()) throw new UsageError(`${path} is not a file`);
    return await open(path, 'r');
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError(
      `cannot read ${path}: ${(cause as NodeJS.ErrnoException).code ?? String(cause)}`,
    );
  }
}

export interface CsvOptions {
  /** Of the file, for errors. */
  name: string;
  zipped: boolean;
  delimiter: string;
  /** Told of bytes as they are read, unzipped. */
  onBytes?: (count: number) => void;
}

/**
 * The records of a stream; throws `OperationalError` when it is damaged, and what the stream fails with. `bytes` is
 * destroyed at the end.
 */
export async function* readLines(
  bytes: NodeJS.ReadableStream,
  { name, zipped, delimiter, onBytes }: CsvOptions,
): AsyncGenerator<CsvLine> {
  const faults = new Faults();
  const parser = parse({
    bom: true,
    delimiter,
    info: true,
    max_record_size: MAX_ROW_BYTES,
    record_delimiter: ['\r\n', '\n'],
    relax_column_count: true,
    skip_records_with_error: true,
    on_skip(error) {
      faults.add(error);
      return undefined;
    },
  });
  const untilFatal = async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      if (faults.fatal) return;
      onBytes?.(chunk.length);
      yield chunk;
    }
  };
  const flow = pipeline(
    bytes,
    zipped ? createGunzip() : new PassThrough(),
    untilFatal,
    parser,
  ).catch((cause: unknown) => {
    faults.fatal ??= { line: Infinity, cause };
    parser.destroy(faults.fatal.cause instanceof Error ? faults.fatal.cause : undefined);
  });
  let lastLine = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: string[];
      info: { lines: number };
    }>) {
      // The parser runs ahead: faults of later lines are known before these records are taken.
      if (faults.fatal && faults.fatal.line <= info.lines) break;
      yield* faults.before(info.lines);
      lastLine = info.lines;
      if (record.length > 1 || record[0] !== '') yield { line: info.lines, record };
    }
  } catch (cause) {
    faults.fatal ??= { line: Infinity, cause };
  } finally {
    parser.destroy();
    await flow;
  }
  if (faults.fatal) {
    for (const row of faults.before(faults.fatal.line)) lastLine = Math.max(lastLine, row.line);
    throw isDamage(faults.fatal.cause)
      ? damaged(name, faults.fatal.cause, lastLine + 1)
      : faults.fatal.cause;
  }
  yield* faults.before(Infinity);
}

/** Whether the file is at fault, and not what it comes through: a request, the database. */
function isDamage(cause: unknown): boolean {
  const code = String((cause as { code?: unknown } | undefined)?.code);
  return cause instanceof CsvError || code.startsWith('Z_') || code === 'EIO';
}

/** What the parser skipped: rows spoilt by themselves, and the fault after which no row can be trusted. */
class Faults {
  private readonly rows: { line: number; error: string }[] = [];
  fatal: { line: number; cause: unknown } | null = null;

  add(error: CsvError | undefined): void {
    const line = Number(error?.['lines']);
    // A quote inside an unquoted cell spoils its row alone. After any other fault the parser no longer
    // knows where rows begin, so going on would misread the rest.
    if (String(error?.code) === 'INVALID_OPENING_QUOTE')
      this.rows.push({ line, error: 'a quote inside an unquoted cell' });
    else this.fatal ??= { line, cause: error };
  }

  *before(line: number): Generator<CsvLine> {
    while (this.rows[0] && this.rows[0].line < line) yield this.rows.shift()!;
  }
}

/** `row`: the line where the row begins that could not be read. */
function damaged(name: string, cause: unknown, row: number): OperationalError {
  return new OperationalError(`${name}: ${explain(cause, row)}`, 'permanent', { cause });
}

function explain(cause: unknown, row: number): string {
  const code = String((cause as { code?: unknown } | undefined)?.code);
  if (cause instanceof CsvError) {
    if (code === 'CSV_MAX_RECORD_SIZE')
      return `the row that begins at line ${row} is longer than ${MAX_ROW_BYTES} bytes; is a quote in it never closed?`;
    if (code === 'CSV_QUOTE_NOT_CLOSED')
      return `a quote opened in the row that begins at line ${row} is never closed`;
    if (code === 'CSV_INVALID_CLOSING_QUOTE') {
      const line = Number(cause['lines']);
      const opened =
        line > row ? ` of a cell that opened in the row that begins at line ${row}` : '';
      return `line ${line}: text after a closing quote${opened} (a quote inside a quoted cell is written "")`;
    }
  }
  if (code === 'Z_BUF_ERROR') return 'the gzip data ends too early';
  if (code.startsWith('Z_')) return 'the gzip data is damaged';
  return cause instanceof Error ? cause.message : String(cause);
}
