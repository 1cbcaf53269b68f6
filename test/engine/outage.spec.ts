/** An engine without its database: it looks ever rarer, says so now and then, and goes on by itself. */
import { Logger } from '@nestjs/common';
import { VirtualClock } from '../../src/core/clock.js';
import type { ConnectionSource } from '../../src/core/queryable.js';
import { EngineService } from '../../src/engine/engine.service.js';
import { testDatabase } from '../support/database.js';

it('looks at least every five seconds, tells three times in two minutes, and once when it is over', async () => {
  const db = await testDatabase();
  const lines: string[] = [];
  const tell = (line: unknown): void => void lines.push(String(line));
  let stopwatch = 1_000_000;
  const spies = [
    jest.spyOn(Logger.prototype, 'log').mockImplementation(tell),
    jest.spyOn(Logger.prototype, 'warn').mockImplementation(tell),
    jest.spyOn(performance, 'now').mockImplementation(() => stopwatch),
  ];
  let looks = 0;
  let away = true;
  const source = {
    connect: () => {
      looks += 1;
      const refused = Object.assign(new Error('connect ECONNREFUSED'), { syscall: 'connect' });
      return away ? Promise.reject(refused) : db.pool.connect();
    },
  } as ConnectionSource;
  const engine = new EngineService(
    source,
    new VirtualClock(0),
    { wake: () => undefined },
    { onWake: () => undefined },
  );
  try {
    engine.onApplicationBootstrap();
    for (let second = 0; second < 120; second++, stopwatch += 1_000) await engine.sweep();
    // At 0, 1, 3, 7 seconds and every five from then on.
    expect(looks).toBe(4 + Math.floor((119 - 7) / 5));
    away = false;
    for (let second = 0; second < 6; second++, stopwatch += 1_000) await engine.sweep();
    expect(lines).toEqual([
      'the engine cannot work: connect ECONNREFUSED',
      expect.stringMatching(/^the engine cannot work, for 3\d s /),
      expect.stringMatching(/^the engine cannot work, for 9\d s /),
      expect.stringMatching(/^the engine works again after 12\d s$/),
    ]);
  } finally {
    for (const spy of spies) spy.mockRestore();
    await engine.beforeApplicationShutdown();
    await db.close();
  }
});
