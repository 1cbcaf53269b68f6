import { liftOf } from './lift.js';

it.each([
  // Newcombe 1998, table II, method 10.
  [56, 70, 48, 80, 0.2, 0.0524, 0.3339],
  [9, 10, 3, 10, 0.6, 0.1705, 0.809],
  [10, 10, 0, 10, 1, 0.6075, 1],
])('%i of %i against %i of %i', (converted, entered, others, ofOthers, difference, from, until) => {
  const lift = liftOf({ entered, converted }, { entered: ofOthers, converted: others })!;
  expect(lift.difference).toBeCloseTo(difference, 4);
  expect(lift.from).toBeCloseTo(from, 4);
  expect(lift.until).toBeCloseTo(until, 4);
});

it('says nothing without anybody to compare', () => {
  expect(liftOf({ entered: 5, converted: 1 }, { entered: 0, converted: 0 })).toBeNull();
  expect(liftOf({ entered: 0, converted: 0 }, { entered: 5, converted: 1 })).toBeNull();
});
