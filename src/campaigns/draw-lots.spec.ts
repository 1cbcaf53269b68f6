/** Lots: the same for ever, evenly spread, and independent from one split to the next. */
import { armOf, lotOf } from './draw-lots.js';

const arms = [
  { name: 'offer', share: 3_333, then: [] },
  { name: 'story', share: 3_333, then: [] },
  { name: 'control', share: 3_334, then: [] },
];
const everybody = Array.from({ length: 30_000 }, (_, n) => n + 1);

it('falls to the arm in whose share it lies', () => {
  expect([0, 0.3332, 0.3333, 0.6665, 0.6666, 0.999_999_9].map((lot) => armOf(arms, lot))).toEqual([
    'offer',
    'offer',
    'story',
    'story',
    'control',
    'control',
  ]);
});

it('is the same whenever it is drawn', () => {
  // Written down: another hash would send everybody who is under way another way.
  expect([1, 2, 3].map((id) => lotOf('win-back', 'argument', id).toFixed(6)))
    .toMatchInlineSnapshot(`
[
  "0.805245",
  "0.908915",
  "0.672341",
]
`);
});

it('shares out as it is told', () => {
  const counts = new Map<string, number>();
  for (const id of everybody) {
    const name = armOf(arms, lotOf('win-back', 'argument', id));
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  for (const { name } of arms) expect(counts.get(name)! / everybody.length).toBeCloseTo(1 / 3, 1.7);
});

it('two splits, and the same one in two campaigns, do not know of each other', () => {
  const half = (campaign: string, step: string) =>
    new Set(everybody.filter((id) => lotOf(campaign, step, id) < 0.5));
  const first = half('win-back', 'argument');
  for (const other of [half('win-back', 'subject'), half('welcome', 'argument')]) {
    const both = everybody.filter((id) => first.has(id) && other.has(id)).length;
    expect(both / everybody.length).toBeCloseTo(0.25, 1.7);
  }
});
