import { InOrder } from './in-order.js';

it('tells of a group at once when those before have ended, else when they do', () => {
  const told: string[] = [];
  const order = new InOrder<string>(3, (item) => told.push(item));
  order.add(1, 'b1');
  order.add(0, 'a1');
  expect(told).toEqual(['a1']);
  order.add(2, 'c1');
  order.end(2);
  order.add(1, 'b2');
  order.end(0);
  expect(told).toEqual(['a1', 'b1', 'b2']);
  order.add(1, 'b3');
  order.end(1);
  expect(told).toEqual(['a1', 'b1', 'b2', 'b3', 'c1']);
  expect(order.all()).toEqual(told);
});
