/** A list as a CSV file that is written while it is read. */
import { Readable } from 'node:stream';
import { csvLine } from '../../core/csv.js';
import { Raw } from './answer.js';

export type Column<T> = readonly [string, (row: T) => string | number | null];

interface Source<T> {
  name: string;
  columns: readonly Column<T>[];
  /** The rows after the last one of the page before; fewer than `size` are the last. */
  next: (last: T | null, size: number) => Promise<T[]>;
  /** Rows of one file. */
  most: number;
}

/** Rows of one look into the database. */
const AT_ONCE = 1_000;

/** Headed by its columns' names. What of the name no file should be called by becomes a dash. */
export function csvFile<T>(source: Source<T>): Raw {
  const name = source.name.replace(/[^\w-]+/g, '-');
  return new Raw('text/csv; charset=utf-8', Readable.from(lines(source)), {
    'content-disposition': `attachment; filename="${name}.csv"`,
  });
}

async function* lines<T>({ columns, next, most }: Source<T>): AsyncGenerator<string> {
  yield csvLine(columns.map(([name]) => name));
  let last: T | null = null;
  for (let left = most; left > 0; left -= AT_ONCE) {
    const rows: T[] = await next(last, AT_ONCE);
    yield rows.map((row) => csvLine(columns.map(([, show]) => show(row)))).join('');
    if (rows.length < AT_ONCE) return;
    last = rows.at(-1)!;
  }
}

/** An instant as a CSV has it: ISO 8601 in UTC. */
export function csvInstant(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
