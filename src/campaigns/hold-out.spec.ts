import { isHeldOut } from './hold-out.js';

const campaign = (
  id: string,
  holdout?: number,
  purpose: 'marketing' | 'transactional' = 'marketing',
) => ({
  id,
  purpose,
  ...(holdout === undefined ? {} : { holdout }),
});
const PEOPLE = Array.from({ length: 20_000 }, (_, n) => n + 1);
const heldOut = (...asked: [Parameters<typeof isHeldOut>[0], Parameters<typeof isHeldOut>[1]]) =>
  new Set(PEOPLE.filter((id) => isHeldOut(...asked, id)));

it('holds out the share that is asked for, the same people whenever it is asked', () => {
  const held = heldOut({}, campaign('a', 1_000));
  expect(held.size / PEOPLE.length).toBeCloseTo(0.1, 1);
  expect(Math.abs(held.size - 2_000)).toBeLessThan(150);
  expect(heldOut({}, campaign('a', 1_000))).toEqual(held);
});

it('a greater share holds out more and lets nobody go', () => {
  const more = heldOut({}, campaign('a', 3_000));
  for (const id of heldOut({}, campaign('a', 1_000))) expect(more.has(id)).toBe(true);
});

it("the project's group is one for all campaigns; a campaign's own is another, or none", () => {
  const project = { holdout: 1_000 };
  const all = heldOut(project, campaign('a'));
  expect(heldOut(project, campaign('b'))).toEqual(all);
  const own = heldOut(project, campaign('b', 1_000));
  const both = [...own].filter((id) => all.has(id)).length;
  expect(Math.abs(both - 200)).toBeLessThan(75);
  expect(heldOut(project, campaign('b', 0)).size).toBe(0);
  expect(heldOut(project, campaign('b', undefined, 'transactional')).size).toBe(0);
});
