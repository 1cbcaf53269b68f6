/** What the log says of many messages: few lines, all counts. */
import { Digest } from './digest.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

function watched() {
  const lines: string[] = [];
  return { lines, digest: new Digest({ log: () => undefined, warn: (line) => lines.push(line) }) };
}

it('says the first of a kind a second later, everything after it once a minute, and nothing when nothing came', () => {
  const { lines, digest } = watched();
  for (let second = 0; second < 60; second++) {
    for (let i = 0; i < 100; i++) digest.add('failed', i % 10 ? 'hard_bounce' : 'policy');
    jest.advanceTimersByTime(1_000);
  }
  expect(lines).toEqual(['100 messages failed (hard_bounce: 90, policy: 10)']);
  jest.advanceTimersByTime(600_000);
  expect(lines.slice(1)).toEqual(['5900 messages failed (hard_bounce: 5310, policy: 590)']);
});

it('kinds do not wait for each other, and the end says the rest', async () => {
  const { lines, digest } = watched();
  digest.add('ambiguous', 'connection_lost');
  digest.add('paused', 'domain a.example for 60 min, 550 5.7.515', 3);
  jest.advanceTimersByTime(1_000);
  digest.add('ambiguous', 'worker_lost', 2);
  digest.add('sent_again', 'worker_lost', 13, 4, 5);
  await digest.flush();
  await digest.flush();
  expect(lines).toEqual([
    '1 message ambiguous (connection_lost: 1)',
    'paused after replies to 3 messages (domain a.example for 60 min, 550 5.7.515: 3)',
    '2 messages ambiguous (worker_lost: 2)',
    '13 messages put back to be sent once more, whether or not they arrived (worker_lost: 13): message 4, 5',
  ]);
});

it('names only the most frequent of very many', async () => {
  const { lines, digest } = watched();
  for (let i = 0; i < 500; i++) digest.add('paused', `domain d${i}.example`, i === 7 ? 9 : 1);
  await digest.flush();
  expect(lines[0]).toMatch(
    /^paused after replies to 508 messages \(domain d7\.example: 9, .*, 490 more kinds\)$/,
  );
});

it('names the first messages with their traces, looked up when it speaks; without them when they cannot be had', async () => {
  const lines: string[] = [];
  const report = { log: () => undefined, warn: (line: string) => void lines.push(line) };
  const asked: (readonly number[])[] = [];
  const digest = new Digest(report, (messages) => {
    asked.push(messages);
    return messages.includes(99)
      ? Promise.reject(new Error('away'))
      : Promise.resolve(new Map([[1, 'abc']]));
  });
  for (let id = 1; id <= 12; id++) digest.add('failed', 'policy', 1, id);
  expect(asked).toEqual([]);
  await digest.flush();
  digest.add('ambiguous', 'connection_lost', 1, 99);
  await digest.flush();
  expect(lines).toEqual([
    '12 messages failed (policy: 12): message 1 of trace abc, 2, 3, 4, 5, 6, 7, 8, 9, 10',
    '1 message ambiguous (connection_lost: 1): message 99',
  ]);
});
