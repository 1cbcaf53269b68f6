import { GroupCommit } from './group-commit.js';

/** A write that is answered by hand. */
function manual() {
  const batches: {
    items: number[];
    answer: (results: string[]) => void;
    fail: (error: unknown) => void;
  }[] = [];
  let arrived: (() => void) | null = null;
  const write = (items: number[]) =>
    new Promise<string[]>((answer, fail) => {
      batches.push({ items, answer, fail });
      arrived?.();
    });
  const batch = async (n: number) => {
    for (;;) {
      const there = batches[n];
      if (there) return there;
      await new Promise<void>((resolve) => (arrived = resolve));
    }
  };
  return { write, batch, batches };
}

const connectionLost = Object.assign(new Error('Connection terminated unexpectedly'), {
  code: undefined,
});

it('has one batch in flight; what comes meanwhile goes together with the next', async () => {
  const { write, batch, batches } = manual();
  const commits = new GroupCommit(write, { largest: 100, again: false });
  const first = commits.submit(1);
  const one = await batch(0);
  const others = [commits.submit(2), commits.submit(3)];
  expect(batches).toHaveLength(1);
  one.answer(['a']);
  const two = await batch(1);
  expect(two.items).toEqual([2, 3]);
  two.answer(['b', 'c']);
  expect(await Promise.all([first, ...others])).toEqual(['a', 'b', 'c']);
  await commits.idle();
});

it('writes again until the database answers, where that is harmless', async () => {
  const { write, batch } = manual();
  const commits = new GroupCommit(write, { largest: 100, again: true });
  const result = commits.submit(1);
  (await batch(0)).fail(connectionLost);
  (await batch(1)).fail(Object.assign(new Error('starting up'), { code: '57P03' }));
  (await batch(2)).answer(['at last']);
  expect(await result).toBe('at last');
});

it('rejects at once where writing again is not harmless', async () => {
  const { write, batch } = manual();
  const commits = new GroupCommit(write, { largest: 100, again: false });
  const result = commits.submit(1);
  (await batch(0)).fail(connectionLost);
  await expect(result).rejects.toBe(connectionLost);
});

it('an impossible row fails alone', async () => {
  const impossible = Object.assign(new Error('invalid byte sequence'), { code: '22021' });
  const write = (items: number[]) =>
    items.includes(13) ? Promise.reject(impossible) : Promise.resolve(items.map(String));
  const commits = new GroupCommit(write, { largest: 100, again: true });
  const results = await Promise.allSettled([1, 2, 13, 4, 5].map((item) => commits.submit(item)));
  expect(results.map((result) => result.status)).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
  ]);
});
