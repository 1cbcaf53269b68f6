/** The log is JSON, a line a record, without a mail address in it (security.md, logs). */
import { JsonLogger, hideAddresses } from '../../src/app/logger.js';
import { errorText } from '../../src/core/error-fields.js';
import { testDatabase } from '../support/database.js';

function written(log: (logger: JsonLogger) => void): string {
  const lines: string[] = [];
  const streams = [process.stdout, process.stderr] as const;
  const spies = streams.map((stream) =>
    jest.spyOn(stream, 'write').mockImplementation((chunk) => {
      lines.push(String(chunk));
      return true;
    }),
  );
  log(new JsonLogger());
  for (const spy of spies) spy.mockRestore();
  return lines.join('');
}

test('addresses are hashed wherever they stand, the same one always alike', () => {
  const text = written((logger) => {
    logger.log('refused: canary@example.com (550 <Canary@Example.com> unknown)');
    logger.warn({ message: 'refused', to: 'canary@example.com' });
    logger.error(new Error('duplicate key (lower(email))=(canary@example.com)'));
  });
  expect(text).not.toMatch(/canary/i);
  const hashes = text.match(/address:[0-9a-f]{10}/g)!;
  expect(hashes.length).toBeGreaterThanOrEqual(4);
  expect(new Set(hashes).size).toBe(1);
});

test('each record is one line of JSON', () => {
  const lines = written((logger) => logger.log({ message: 'two\nlines' }, 'Here'))
    .trimEnd()
    .split('\n');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0]!)).toMatchObject({ level: 'log', context: 'Here' });
});

describe('errors of the database', () => {
  const failing = async (sql: string, values: unknown[]): Promise<Error[]> => {
    const db = await testDatabase();
    try {
      await db.pool.query('create table people (email text unique, born date)');
      await db.pool.query(`insert into people values ('Canary Jones <canary@example.com>')`);
      // Once as pg throws it, once as TypeORM wraps it, with statement and parameters.
      return await Promise.all(
        [db.pool.query(sql, values), db.dataSource.query(sql, values)].map(
          (sent: Promise<unknown>) =>
            sent.then(
              () => new Error('this should have failed'),
              (error: Error) => error,
            ),
        ),
      );
    } finally {
      await db.close();
    }
  };

  test('a unique violation names code, table and constraint, and nobody', async () => {
    const errors = await failing('insert into people values ($1)', [
      'Canary Jones <canary@example.com>',
    ]);
    for (const error of errors) {
      const text = written((logger) => {
        logger.error(error);
        logger.error({ message: 'a shard could not be settled', error });
        logger.warn({ message: 'wrapped', error: new Error('outer', { cause: error }) });
      });
      expect(text).not.toMatch(/jones|canary/i);
      expect(text.match(/"constraint":"people_email_key"/g)).toHaveLength(3);
      expect(text).toContain('"code":"23505"');
      expect(text).toContain('"table":"people"');
      expect(text).toContain('logger.spec.ts');
      expect(errorText(error)).toBe(
        'duplicate key value violates unique constraint "people_email_key" (code 23505, table people, constraint people_email_key)',
      );
    }
  });

  test('a message that quotes a value loses it', async () => {
    const [error] = await failing('insert into people (born) values ($1)', ['Canary Jones']);
    const text = written((logger) => logger.error(error));
    expect(text).not.toMatch(/jones/i);
    expect(text).toContain('invalid input syntax for type date');
  });
});

test('a megabyte without an address, or full of them, is hidden in a moment', () => {
  const began = performance.now();
  expect(hideAddresses('a'.repeat(1_000_000))).toHaveLength(1_000_000);
  expect(hideAddresses(`${'a'.repeat(500_000)}@${'b'.repeat(500_000)}`)).toMatch(/^address:\w+$/);
  expect(hideAddresses('@'.repeat(1_000_000))).toHaveLength(1_000_000);
  expect(hideAddresses('a@b '.repeat(50_000))).not.toContain('@');
  expect(performance.now() - began).toBeLessThan(2_000);
});
