/**
 * Stage 1: where an upload waits on the disk until all of it is there. In: bytes; out: the same bytes, in pieces.
 * Invariant: nothing is left behind: the file loses its name as soon as it is open, so it is gone with the process too.
 */
import { randomUUID } from 'node:crypto';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HttpProblem } from '../core/http-problem.js';

/** Failures of the disk, which the client may survive by coming again. */
const NO_ROOM = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS', 'EACCES', 'EPERM', 'ENOENT', 'EIO']);

export class Spool {
  private written = 0;

  /** `file` is open for writing and reading, and belongs to the spool. */
  constructor(private readonly file: FileHandle) {}

  /** A new one in `folder`; throws HttpProblem (507) where there can be none. */
  static async open(folder = tmpdir()): Promise<Spool> {
    const path = join(folder, `rekindle-upload-${randomUUID()}`);
    const file = await open(path, 'wx+', 0o600).catch(noRoom);
    await unlink(path);
    return new Spool(file);
  }

  /** How many bytes are in it. */
  get size(): number {
    return this.written;
  }

  /** Throws HttpProblem (507) when the disk is full. */
  async write(bytes: Uint8Array): Promise<void> {
    await this.file.appendFile(bytes).catch(noRoom);
    this.written += bytes.length;
  }

  /** Everything in pieces of `size` bytes, the last one shorter. */
  async *pieces(size: number): AsyncGenerator<Buffer> {
    for (let at = 0; at < this.written;) {
      const { buffer, bytesRead } = await this.file.read(Buffer.alloc(size), 0, size, at);
      if (bytesRead === 0) throw new Error(`the spool ended at ${at} of ${this.written} bytes`);
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  async close(): Promise<void> {
    await this.file.close();
  }
}

function noRoom(error: unknown): never {
  const { code } = error as { code?: string };
  if (!NO_ROOM.has(code ?? '')) throw error;
  throw new HttpProblem(
    507,
    `there is no room for the file on this machine (${code} in its temporary folder)`,
    { 'retry-after': '60' },
  );
}
