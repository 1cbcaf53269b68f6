/** The log is JSON, a line a record, without a mail address in it (security.md, logs). */
import { JsonLogger } from '../../src/app/logger.js';

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
