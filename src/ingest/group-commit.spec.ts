import { Busy, GroupCommit, LongWork } from './group-commit.js';
import type { Item, Outcome } from './item.js';
import type { Submission } from './submission.js';

/** What a refusal reads of an item besides its id. */
const NOTHING = { properties: {}, traits: {}, accountTraits: {}, timestamp: null, sentAt: null };
const submission = (...ids: string[]): Submission => ({
  items: ids.map((messageId) => ({ ...NOTHING, messageId }) as Item),
  refusals: [],
  bytes: ids.length,
});

const stored = (items: readonly Item[]): Outcome[] =>
  items.map(() => ({ kind: 'stored', profileId: 1 }));

/** A store whose commits end when they are told to. */
function slowStore() {
  const groups: string[][] = [];
  const commits: (() => void)[] = [];
  const store = (items: readonly Item[]): Promise<Outcome[]> => {
    groups.push(items.map((item) => item.messageId));
    return new Promise((resolve) => commits.push(() => resolve(stored(items))));
  };
  return { groups, commits, store };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('what arrives during a commit goes together with the next, in order', async () => {
  const { groups, commits, store } = slowStore();
  const group = new GroupCommit(store);
  const answers = [
    group.submit(submission('a')),
    group.submit(submission('b', 'c')),
    group.submit(submission('d')),
  ];
  commits.at(0)?.();
  await settled();
  commits.at(1)?.();
  expect((await Promise.all(answers)).map((one) => one.length)).toEqual([1, 2, 1]);
  expect(groups).toEqual([['a'], ['b', 'c', 'd']]);
});

test('a group holds at most maxItems, one large submission excepted', async () => {
  const { groups, commits, store } = slowStore();
  const group = new GroupCommit(store, { maxItems: 2 });
  const answers = ['a', 'b', 'c', 'd'].map((id) => group.submit(submission(id)));
  answers.push(group.submit(submission('x', 'y', 'z')));
  for (let i = 0; i < 4; i++) {
    commits.at(i)?.();
    await settled();
  }
  await Promise.all(answers);
  expect(groups).toEqual([['a'], ['b', 'c'], ['d'], ['x', 'y', 'z']]);
});

test('bytes bound a group and what waits, as items do', async () => {
  const { groups, commits, store } = slowStore();
  const group = new GroupCommit(store, { maxBytes: 10, maxWaitingBytes: 16 });
  const large = (id: string): Submission => ({ ...submission(id), bytes: 8 });
  const answers = ['a', 'b', 'c'].map((id) => group.submit(large(id)));
  await expect(group.submit(large('d'))).rejects.toBeInstanceOf(Busy);
  for (let i = 0; i < 3; i++) {
    commits.at(i)?.();
    await settled();
  }
  await Promise.all(answers);
  expect(groups).toEqual([['a'], ['b'], ['c']]);
});

test('a submission that cannot be stored fails alone', async () => {
  const calls: string[][] = [];
  const group = new GroupCommit((items) => {
    const ids = items.map((item) => item.messageId);
    calls.push(ids);
    return ids.includes('poison')
      ? Promise.reject(new Error('22P05'))
      : Promise.resolve(stored(items));
  });
  const results = await Promise.allSettled(
    ['a', 'b', 'poison', 'c'].map((id) => group.submit(submission(id))),
  );
  expect(results.map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
    'fulfilled',
  ]);
});

test('beyond maxWaiting it is busy, and free again afterwards', async () => {
  const { commits, store } = slowStore();
  const group = new GroupCommit(store, { maxWaiting: 2 });
  const first = group.submit(submission('a'));
  const waiting = group.submit(submission('b', 'c'));
  await expect(group.submit(submission('d'))).rejects.toBeInstanceOf(Busy);
  commits.at(0)?.();
  await first;
  await settled();
  const later = group.submit(submission('e'));
  commits.at(1)?.();
  await waiting;
  await settled();
  commits.at(2)?.();
  await expect(later).resolves.toHaveLength(1);
});

test('a group begins with half of the clients, so that the others are read while it commits', async () => {
  const { groups, commits, store } = slowStore();
  // So long that only the arrival of the second one can end the wait.
  const group = new GroupCommit(store, { gatherMs: 60_000 });
  const answers = ['x', 'a', 'b', 'c', 'd'].map((id) => group.submit(submission(id)));
  commits.at(0)?.();
  await settled();
  commits.at(1)?.();
  await Promise.all(answers);
  for (const id of ['e', 'f', 'g', 'h']) {
    expect(groups).toHaveLength(id < 'g' ? 2 : 3);
    answers.push(group.submit(submission(id)));
    await settled();
  }
  commits.at(2)?.();
  await settled();
  commits.at(3)?.();
  await Promise.all(answers);
  expect(groups).toEqual([['x'], ['a', 'b', 'c', 'd'], ['e', 'f'], ['g', 'h']]);
});

test('it does not wait longer than gatherMs for clients who stay away', async () => {
  const group = new GroupCommit((items) => Promise.resolve(stored(items)), { gatherMs: 1 });
  await Promise.all(['a', 'b', 'c'].map((id) => group.submit(submission(id))));
  await expect(group.submit(submission('d'))).resolves.toHaveLength(1);
});

test('of a submission with data that the database cannot keep, only that item is refused', async () => {
  const written: string[] = [];
  const group = new GroupCommit((items, refusals) => {
    if (items.some((item) => item.messageId === 'poison'))
      return Promise.reject(Object.assign(new Error('index row size'), { code: '54000' }));
    written.push(...items.map((item) => item.messageId), ...refusals.map(({ code }) => code));
    return Promise.resolve(stored(items));
  });
  const outcomes = await group.submit(submission('a', 'b', 'poison', 'c', 'd'));
  expect(outcomes.map(({ kind }) => kind)).toEqual([
    'stored',
    'stored',
    'refused',
    'stored',
    'stored',
  ]);
  expect(written).toEqual(['a', 'b', 'c', 'd', 'unstorable']);
});

test('what takes long is done aside, one at a time, and nobody waits for it', async () => {
  const asides: (() => void)[] = [];
  const group = new GroupCommit((items, _refusals, { aside }) => {
    const long = items.some((item) => item.messageId.startsWith('long'));
    if (long && !aside) return Promise.reject(new LongWork('merges'));
    if (!long) return Promise.resolve(stored(items));
    return new Promise((resolve) => asides.push(() => resolve(stored(items))));
  });
  const long = ['long1', 'long2'].map((id) => group.submit(submission(id)));
  await expect(group.submit(submission('a', 'b'))).resolves.toHaveLength(2);
  await settled();
  expect(asides).toHaveLength(1);
  asides[0]?.();
  await settled();
  expect(asides).toHaveLength(2);
  asides[1]?.();
  await Promise.all(long);
});

const unkeepable = () => Object.assign(new Error('index row size'), { code: '54000' });

test.each([
  ['one bad item', 1, 40],
  ['nine', 9, 215],
  ['nothing but bad ones', 2_500, 215],
])(
  'a batch of 2,500 with %s (%i) costs at most a bounded number of transactions',
  async (_name, bad, most) => {
    let transactions = 0;
    const kept: string[] = [];
    const group = new GroupCommit((items) => {
      transactions += 1;
      if (items.some((item) => item.messageId.startsWith('bad')))
        return Promise.reject(unkeepable());
      kept.push(...items.map((item) => item.messageId));
      return Promise.resolve(stored(items));
    });
    const every = Math.floor(2_500 / bad);
    const ids = Array.from({ length: 2_500 }, (_, i) =>
      i % every === 0 && i < bad * every ? `bad${i}` : `good${i}`,
    );
    const outcomes = await group.submit(submission(...ids));
    expect(transactions).toBeLessThanOrEqual(most);
    expect(kept).toEqual(ids.filter((id) => id.startsWith('good')));
    expect(outcomes.map(({ kind }) => kind)).toEqual(
      ids.map((id) => (id.startsWith('bad') ? 'refused' : 'stored')),
    );
  },
);

test('of more bad items than are looked for one by one, only good ones are stored, and all get an answer', async () => {
  const group = new GroupCommit((items) =>
    items.some((item) => item.messageId.startsWith('bad'))
      ? Promise.reject(unkeepable())
      : Promise.resolve(stored(items)),
  );
  const ids = Array.from({ length: 2_500 }, (_, i) => (i % 25 === 0 ? `bad${i}` : `good${i}`));
  const outcomes = await group.submit(submission(...ids));
  expect(outcomes).toHaveLength(2_500);
  const bad = outcomes.filter((_outcome, i) => i % 25 === 0);
  expect(new Set(bad.map(({ kind }) => kind))).toEqual(new Set(['refused']));
  expect(outcomes.filter(({ kind }) => kind === 'stored').length).toBeGreaterThan(300);
});

test('one submission that cannot be stored costs a group of fifty a few more transactions, not fifty', async () => {
  let transactions = 0;
  const group = new GroupCommit((items) => {
    transactions += 1;
    return items.some((item) => item.messageId === 'poison')
      ? Promise.reject(new Error('no such profile'))
      : Promise.resolve(stored(items));
  });
  const ids = Array.from({ length: 50 }, (_, i) => (i === 30 ? 'poison' : `m${i}`));
  const answers = ids.map((id) => group.submit(submission(id)));
  const states = (await Promise.allSettled(answers)).map(({ status }) => status);
  expect(states.filter((status) => status === 'rejected')).toHaveLength(1);
  expect(transactions).toBeLessThanOrEqual(14);
});

test('while bad items are looked for, the others go on', async () => {
  let hold = (): void => undefined;
  const group = new GroupCommit((items, _refusals, { aside }) => {
    if (aside) return new Promise((_, reject) => (hold = () => reject(unkeepable())));
    return items.some((item) => item.messageId === 'poison')
      ? Promise.reject(unkeepable())
      : Promise.resolve(stored(items));
  });
  void group.submit(submission('poison', 'a')).catch(() => undefined);
  await expect(group.submit(submission('b'))).resolves.toHaveLength(1);
  hold();
});
