/** Who of an account enters: preferences in order, then otherwise, then the earliest, then the lower number. */
import type { OnePerAccount } from '../language/definitions.js';
import { chooseMember, type Member } from './choose-member.js';

const rule = (otherwise: OnePerAccount['otherwise']): OnePerAccount => ({ prefer: [], otherwise });
const member = (id: number, rest: Partial<Member> = {}): Member => ({
  id,
  preference: null,
  bornAt: 100,
  events: 0,
  ...rest,
});
const admin = { preference: 0 };
const owner = { preference: 1 };

it.each([
  ['skip', [member(1), member(2, owner), member(3, admin)], 3],
  ['skip', [member(1), member(2)], null],
  ['skip', [member(2, { ...admin, bornAt: 9 }), member(1, admin)], 2],
  ['skip', [member(2, { ...admin, bornAt: null }), member(3, admin), member(4, admin)], 3],
  ['oldest', [member(1), member(2, { bornAt: 50 }), member(3, { bornAt: null })], 2],
  ['oldest', [member(1, { bornAt: 1 }), member(2, owner)], 2],
  [
    'most_active',
    [member(1, { events: 3 }), member(2, { events: 5 }), member(3, { bornAt: 1 })],
    2,
  ],
  ['most_active', [member(1, { ...admin, events: 1 }), member(2, { events: 5 })], 1],
  ['oldest', [member(1, { bornAt: null }), member(2, { bornAt: null })], 1],
] as const)('%s: %j -> %p', (otherwise, members, id) =>
  expect(chooseMember(rule(otherwise), members)?.id ?? null).toBe(id),
);
