import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip, gzipSync } from 'node:zlib';
import { openCsv, type CsvLine } from './read-csv.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rekindle-csv-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function lines(name: string, content: string | Buffer): Promise<CsvLine[]> {
  const path = join(folder, name);
  await writeFile(path, content);
  return drain(path);
}

async function drain(path: string): Promise<CsvLine[]> {
  const file = await openCsv(path, ',');
  const found: CsvLine[] = [];
  try {
    for await (const line of file.lines) found.push(line);
  } finally {
    await file.close();
  }
  return found;
}

describe('a file', () => {
  test('with byte order mark, CRLF, quotes and blank lines is read with its line numbers', async () => {
    expect(
      await lines('a.csv', '\ufeffid,note\r\n1,"a ""b"", c"\r\n\r\n2,"two\nlines"\r\n3,x'),
    ).toEqual([
      { line: 1, record: ['id', 'note'] },
      { line: 2, record: ['1', 'a "b", c'] },
      { line: 5, record: ['2', 'two\nlines'] },
      { line: 6, record: ['3', 'x'] },
    ]);
  });

  test('is unzipped by its first bytes, whatever its name', async () => {
    expect(await lines('zipped.csv', gzipSync('id\n00001\n'))).toEqual([
      { line: 1, record: ['id'] },
      { line: 2, record: ['00001'] },
    ]);
  });

  test('loses only the row in which a quote stands inside an unquoted cell', async () => {
    expect(await lines('inch.csv', 'id,note\n1,12" pipe\n2,x\n')).toEqual([
      { line: 1, record: ['id', 'note'] },
      { line: 2, error: 'a quote inside an unquoted cell' },
      { line: 3, record: ['2', 'x'] },
    ]);
  });
});

describe('a damaged file is refused with the reason', () => {
  test.each([
    ['named .gz without being it', 'plain.csv.gz', 'id\n1\n', /not gzip/],
    [
      'cut gzip',
      'cut.csv.gz',
      gzipSync(`id\n${'1\n'.repeat(5000)}`).subarray(0, 30),
      /ends too early/,
    ],
    [
      'garbled gzip',
      'bad.csv.gz',
      Buffer.concat([gzipSync('id\n1\n').subarray(0, 12), Buffer.from('garbage garbage')]),
      /damaged/,
    ],
    [
      'a quote never closed, by the line where its row begins',
      'open.csv',
      'id,note\n1,"a\nb"\n\n2,"x\n3,y\n4,z\n',
      /a quote opened in the row that begins at line 5 is never closed/,
    ],
    [
      'a quote never closed after a row that is spoilt by itself',
      'spoilt.csv',
      'id,note\n1,12" pipe\n2,"x\n3,y\n',
      /begins at line 3 is never closed/,
    ],
    [
      'a quote that the next quoted cell seems to close',
      'seems.csv',
      'id,note\n1,"x\n2,y\n3,"z"\n',
      /line 4: text after a closing quote of a cell that opened in the row that begins at line 2/,
    ],
    [
      'text after a quote',
      'after.csv',
      'id,note\n1,"x"y\n2,"z"\n',
      /line 2: text after a closing quote/,
    ],
  ])('%s', async (_, name, content, reason) => {
    await expect(lines(name, content)).rejects.toThrow(reason);
  });

  test('missing', async () => {
    await expect(drain(join(folder, 'nowhere.csv'))).rejects.toThrow(
      /cannot read .*nowhere\.csv: ENOENT/,
    );
  });

  test('one line of a gigabyte, without holding it in memory', async () => {
    const path = join(folder, 'huge.csv.gz');
    const megabyte = Buffer.alloc(1 << 20, 'x');
    const gigabyte = Readable.from(
      (function* () {
        yield Buffer.from('id\n');
        for (let n = 0; n < 1024; n++) yield megabyte;
      })(),
    );
    await pipeline(gigabyte, createGzip({ level: 1 }), createWriteStream(path));
    const before = process.memoryUsage().rss;
    await expect(drain(path)).rejects.toThrow(
      'the row that begins at line 2 is longer than 1000000 bytes',
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(200e6);
  });
});
