import fc from 'fast-check';
import type { Item } from './item.js';
import { keyOf, keysOf, resolveIdentities, type KnownKey } from './resolve-identities.js';

type Call = Pick<Item, 'type' | 'userId' | 'anonymousId' | 'previousId'>;
const identify = (userId: string | null, anonymousId: string | null = null): Call => ({
  type: 'identify',
  userId,
  anonymousId,
  previousId: null,
});
const alias = (previousId: string, userId: string): Call => ({
  type: 'alias',
  userId,
  anonymousId: null,
  previousId,
});
const items = (calls: Call[]): Item[] =>
  calls.map((call) => ({ profileId: null, ...call }) as Item);

/** A database of identities in memory: stores groups as the store does, merges included. */
class World {
  readonly keys = new Map<string, number>();
  readonly became = new Map<number, number>();
  private next = 1;

  /** Returns the profile of each call. */
  store(calls: Call[]): (number | null)[] {
    for (;;) {
      const resolution = resolveIdentities(items(calls), this.known());
      if (resolution.merges.length > 0) {
        for (const { loser, survivor } of resolution.merges)
          this.merge(this.living(loser), this.living(survivor));
        continue;
      }
      for (const person of resolution.made) person.id = this.next++;
      for (const { kind, value, person } of resolution.bound) {
        expect(this.keys.has(keyOf(kind, value))).toBe(false);
        this.keys.set(keyOf(kind, value), person.id!);
      }
      return resolution.persons.map((person) => person?.id ?? null);
    }
  }

  /** The keys, grouped by person. */
  partition(): string[] {
    const groups = new Map<number, string[]>();
    for (const [key, id] of this.keys) groups.set(id, [...(groups.get(id) ?? []), key]);
    return [...groups.values()].map((keys) => keys.sort().join(' ')).sort();
  }

  living(id: number): number {
    return this.became.has(id) ? this.living(this.became.get(id)!) : id;
  }

  private known(): Map<string, KnownKey> {
    const identified = new Set(
      [...this.keys].filter(([key]) => key.startsWith('user:')).map(([, id]) => id),
    );
    return new Map(
      [...this.keys].map(([key, profileId]) => [
        key,
        { profileId, identified: identified.has(profileId) },
      ]),
    );
  }

  private merge(loser: number, survivor: number): void {
    if (loser === survivor) return;
    for (const [key, id] of this.keys) if (id === loser) this.keys.set(key, survivor);
    this.became.set(loser, survivor);
  }
}

function partitionOf(...groups: Call[][]): string[] {
  const world = new World();
  for (const group of groups) world.store(group);
  return world.partition();
}

test('the first user id on a device takes over what the device did', () => {
  const world = new World();
  const [before] = world.store([identify(null, 'd')]);
  const [after] = world.store([identify('u', 'd')]);
  expect(after).toBe(before);
});

test('a known user takes over an unknown past: the profiles merge', () => {
  expect(partitionOf([identify('u')], [identify(null, 'd')], [identify('u', 'd')])).toEqual([
    'anonymous:d user:u',
  ]);
});

test('a second user on a device is another person, and the device stays with the first', () => {
  expect(partitionOf([identify('u', 'd')], [identify('v', 'd')], [identify(null, 'd')])).toEqual([
    'anonymous:d user:u',
    'user:v',
  ]);
});

test('alias makes two known users one, whichever ids are known', () => {
  expect(partitionOf([identify('old')], [identify('new')], [alias('old', 'new')])).toEqual([
    'anonymous:old user:new user:old',
  ]);
  expect(partitionOf([alias('old', 'new')], [identify('old')])).toEqual([
    'anonymous:old user:new user:old',
  ]);
  expect(partitionOf([identify(null, 'd')], [alias('d', 'u')])).toEqual([
    'anonymous:d user:d user:u',
  ]);
});

test("an alias of a device that is someone else's is refused", () => {
  const world = new World();
  world.store([identify('u', 'd')]);
  expect(world.store([alias('d', 'v')])).toEqual([null]);
});

test('an alias of oneself and cycles of aliases change nothing', () => {
  expect(partitionOf([alias('a', 'a')])).toEqual(['anonymous:a user:a']);
  expect(partitionOf([alias('a', 'b'), alias('b', 'c'), alias('c', 'a')])).toHaveLength(1);
});

/** Each device belongs to one user, as devices do; aliases are between users. */
const call = fc.oneof(
  fc
    .record({
      user: fc.integer({ min: 0, max: 3 }),
      device: fc.option(fc.integer({ min: 0, max: 1 })),
    })
    .map(({ user, device }) => identify(`u${user}`, device === null ? null : `d${user}${device}`)),
  fc
    .record({ user: fc.integer({ min: 0, max: 3 }), device: fc.integer({ min: 0, max: 1 }) })
    .map(({ user, device }) => identify(null, `d${user}${device}`)),
  fc
    .record({ from: fc.integer({ min: 0, max: 3 }), to: fc.integer({ min: 0, max: 3 }) })
    .map(({ from, to }) => alias(`u${from}`, `u${to}`)),
);

test('any order, any grouping and any repetition of calls gives the same persons', () => {
  fc.assert(
    fc.property(
      fc.array(call, { maxLength: 12 }),
      fc.infiniteStream(fc.nat()),
      fc.nat(4),
      (calls, random, size) => {
        const shuffled = [...calls, ...calls.slice(0, 3)]
          .map((one) => [one, random.next().value] as const)
          .sort((a, b) => a[1] - b[1])
          .map(([one]) => one);
        const groups: Call[][] = [];
        for (let i = 0; i < shuffled.length; i += size + 1)
          groups.push(shuffled.slice(i, i + size + 1));
        expect(partitionOf(...groups)).toEqual(partitionOf(...calls.map((one) => [one])));
      },
    ),
    { numRuns: 500 },
  );
});

test('within any history a device never joins two users', () => {
  const any = fc
    .record({
      user: fc.option(fc.constantFrom('u', 'v', 'w')),
      device: fc.option(fc.constantFrom('d', 'e')),
    })
    .filter(({ user, device }) => user !== null || device !== null);
  fc.assert(
    fc.property(
      fc.array(fc.array(any, { minLength: 1, maxLength: 4 }), { maxLength: 8 }),
      (groups) => {
        const keys = partitionOf(
          ...groups.map((group) => group.map(({ user, device }) => identify(user, device))),
        );
        for (const person of keys)
          expect(
            person.split(' ').filter((key) => key.startsWith('user:')).length,
          ).toBeLessThanOrEqual(1);
      },
    ),
    { numRuns: 500 },
  );
});

test('every key of an item is asked for', () => {
  expect(
    items([alias('p', 'u')])
      .flatMap(keysOf)
      .map(({ kind, value }) => keyOf(kind, value)),
  ).toEqual(['user:u', 'user:p', 'anonymous:p']);
});
