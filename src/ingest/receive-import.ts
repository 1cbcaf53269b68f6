/**
 * Stage 1, imports: a file arrives and is kept until it is read. In: a body, gzipped or not, and a mapping. Out: the
 * import, queued; or the one that there was of the same file and mapping. The body goes to the disk while it comes, is
 * unzipped on the way to be counted and hashed, and reaches the database when all of it is there and fits the mapping, in
 * one transaction with the record of who asked: what is cut off or refused leaves nothing behind.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { recordAction } from '../core/audit.js';
import type { Clock } from '../core/clock.js';
import { UsageError } from '../core/errors.js';
import { HttpProblem } from '../core/http-problem.js';
import type { Connection, ConnectionSource } from '../core/queryable.js';
import { inTransaction } from '../core/transaction.js';
import { arriving, peek, type ArrivingOptions } from './arriving.js';
import { beginFingerprint } from './import-csv.js';
import { printTemplate, type ImportMapping } from './import-csv-mapping.js';
import { bindHeader, faultOf } from './import-lines.js';
import {
  loadImport,
  registerImport,
  requeueImport,
  storePiece,
  type StoredImport,
} from './imports.sql.js';
import { isGzip, readLines } from './read-csv.js';
import { Spool } from './spool.js';

export const MOST_BYTES = 2 * 1024 ** 3;
/** Unzipped: what a small file promises is believed up to here. */
export const MOST_UNZIPPED = 20 * 1024 ** 3;
const PIECE_BYTES = 512 * 1024;
/** Where the header nearly always ends. */
const HEAD_BYTES = 64 * 1024;

export interface Upload {
  body: Readable;
  /** Zipped by its headers; a file that is gzip itself is recognised. */
  zipped: boolean;
  /** The file's name, for people. */
  file: string;
  mapping: ImportMapping;
  /** `api:NAME` or `console:NAME`. */
  by: string;
}

export interface ReceiveOptions extends Omit<ArrivingOptions, 'limit'> {
  clock: Clock;
  mostBytes?: number;
  mostUnzipped?: number;
}

/** `queued`: this file waits now. Throws HttpProblem for what cannot be taken. */
export async function receiveImport(
  connections: ConnectionSource,
  upload: Upload,
  o: ReceiveOptions,
): Promise<{ stored: StoredImport; queued: boolean }> {
  const spool = await Spool.open();
  try {
    const { fingerprint, size } = await take(spool, upload, o);
    await checkHeader(spool, upload, await o.clock.now(connections));
    return await inTransaction(connections, async (sql) => {
      const now = await o.clock.now(sql);
      const { file, mapping, by: askedBy } = upload;
      const asked = { fingerprint, file, mapping, askedBy, bytesTotal: size, now };
      const { id, isNew } = await registerImport(sql, asked);
      const queued = isNew || (await requeueImport(sql, id, asked));
      if (queued) await store(sql, id, spool, asked);
      return { stored: (await loadImport(sql, id))!, queued };
    });
  } finally {
    await spool.close();
  }
}

/** Everything that comes goes to the disk as gzip; returns what it is, unzipped. */
async function take(
  spool: Spool,
  { body, zipped, mapping }: Upload,
  { mostBytes = MOST_BYTES, mostUnzipped = MOST_UNZIPPED, ...o }: ReceiveOptions,
): Promise<{ fingerprint: string; size: number }> {
  const hash = beginFingerprint(mapping);
  let size = 0;
  async function* counted(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      size += chunk.length;
      if (size > mostUnzipped)
        throw new HttpProblem(413, `the file, unzipped, is larger than ${mostUnzipped} bytes`);
      hash.update(chunk);
      yield chunk;
    }
  }
  async function* written(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      await spool.write(chunk);
      yield chunk;
    }
  }
  const { head, all } = await peek(arriving(body, { ...o, limit: mostBytes }), 2);
  if (head.length === 0) throw new HttpProblem(422, 'the file is empty');
  if (zipped || isGzip(head))
    await pipeline(all, written, createGunzip(), counted, end).catch(refuseZip);
  else await pipeline(all, counted, createGzip({ level: 1 }), written, end);
  return { fingerprint: hash.digest('hex'), size };
}

async function end(chunks: AsyncIterable<Buffer>): Promise<void> {
  for await (const _ of chunks);
}

function refuseZip(error: unknown): never {
  const { code } = error as { code?: string };
  if (code === 'Z_BUF_ERROR') throw new HttpProblem(400, 'the gzip data ends too early');
  if (code?.startsWith('Z_')) throw new HttpProblem(400, 'the gzip data is damaged');
  throw error;
}

/** A mapping that does not fit the columns is refused at once. */
async function checkHeader(spool: Spool, { file, mapping }: Upload, now: number): Promise<void> {
  const { delimiter } = mapping;
  try {
    for await (const line of readLines(Readable.from(spool.pieces(HEAD_BYTES)), {
      name: file,
      zipped: true,
      delimiter,
    })) {
      bindHeader(mapping, line, now);
      return;
    }
    throw new UsageError('the file is empty: its first line names the columns');
  } catch (error) {
    const fault = faultOf(error);
    throw fault === null ? error : new HttpProblem(422, fault);
  }
}

async function store(
  sql: Connection,
  id: number,
  spool: Spool,
  {
    askedBy: actor,
    file,
    mapping,
    now: at,
  }: { askedBy: string; file: string; mapping: ImportMapping; now: number },
): Promise<void> {
  let piece = 0;
  for await (const bytes of spool.pieces(PIECE_BYTES)) {
    await storePiece(sql, id, { piece, bytes });
    piece += 1;
  }
  const event = mapping.event && printTemplate(mapping.event);
  const detail = { file, source: mapping.source, event };
  await recordAction(sql, { at, actor, action: 'import.create', subject: `import/${id}`, detail });
}
