import { onStopSignals } from './stop-signals.js';

const heard: string[] = [];
let end: () => void;
beforeEach(() => {
  jest.useFakeTimers({ now: 0 });
  heard.length = 0;
  end = onStopSignals({
    stop: (signal) => void heard.push(`stop ${signal}`),
    stopAtOnce: (signal) => void heard.push(`at once ${signal}`),
  });
});
afterEach(() => {
  end();
  jest.useRealTimers();
});

/** A signal as the process hears it, so many milliseconds after the last one. */
function signal(name: NodeJS.Signals, laterMs: number): void {
  jest.advanceTimersByTime(laterMs);
  process.emit(name, name);
}

test('the echoes of one Ctrl-C are one wish', () => {
  signal('SIGINT', 0);
  signal('SIGINT', 3);
  signal('SIGTERM', 500);
  signal('SIGINT', 496);
  expect(heard).toEqual(['stop SIGINT']);
});

test('a signal a second later is impatience', () => {
  signal('SIGTERM', 0);
  signal('SIGINT', 1_000);
  expect(heard).toEqual(['stop SIGTERM', 'at once SIGINT']);
});

test('nobody listens any more once it is ended', () => {
  const before = process.listenerCount('SIGINT');
  end();
  expect([process.listenerCount('SIGINT'), process.listenerCount('SIGTERM')]).toEqual([
    before - 1,
    before - 1,
  ]);
});
