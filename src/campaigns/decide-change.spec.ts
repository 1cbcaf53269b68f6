import type { ByTrait } from './decide-change.js';
import { changeThatLetsIn } from './decide-change.js';

const testing = { at: Date.UTC(2026, 4, 1), zone: 'UTC', look: () => null };
const enter = (over: Partial<ByTrait>): ByTrait => ({
  kind: 'trait',
  path: ['card', 'brand'],
  from: [],
  to: [],
  ignoreOlderThanMs: 0,
  if: null,
  per: null,
  needs: [],
  again: { kind: 'always' },
  ifActive: 'ignore',
  zone: 'profile',
  ...over,
});
const letsIn = (before: unknown, after: unknown, over: Partial<ByTrait> = {}) =>
  changeThatLetsIn(enter(over), { before, after }, testing);

it('what stands beside it in the same trait may change; it has to change itself', () => {
  expect(letsIn({ brand: 'a', last4: '1' }, { brand: 'a', last4: '2' })).toBeNull();
  expect(letsIn({ brand: 'a' }, { brand: 'b' })).toEqual({ from: 'a', to: 'b' });
  expect(letsIn({ brand: ['a'] }, { brand: ['a'] })).toBeNull();
});

it('what comes and what goes is nothing before, and after', () => {
  expect(letsIn(undefined, { brand: 'b' })).toEqual({ from: null, to: 'b' });
  expect(letsIn({ brand: 'b' }, undefined)).toEqual({ from: 'b', to: null });
  expect(letsIn(undefined, { last4: '2' })).toBeNull();
});

it('both ends are tested; undecided lets nobody in', () => {
  const path = ['queue'];
  const from = [{ op: 'more_than' as const, value: 0, negated: false }];
  const to = [{ op: 'is' as const, value: 0, negated: false }];
  expect(letsIn(3, 0, { path, from, to })).toEqual({ from: 3, to: 0 });
  expect(letsIn(-1, 0, { path, from, to })).toBeNull();
  expect(letsIn(3, 1, { path, from, to })).toBeNull();
  expect(letsIn(undefined, 0, { path, from, to })).toBeNull();
});
