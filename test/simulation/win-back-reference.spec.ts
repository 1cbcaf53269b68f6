/** The second program itself: against the published figures where the data is there, and on hand-made edges. */
import {
  cdnowFile,
  figures,
  inventOrders,
  passages,
  readOrders,
  scatter,
  type Figures,
  type Order,
} from './win-back-reference.js';

const DAY = 86_400_000;
const FROM = Date.UTC(1997, 0, 1);
const TO = Date.UTC(1998, 6, 1);

function ordersAt(...days: number[]): Order[] {
  return days.map((day, i) => ({ id: `o${i}`, customer: 'ann', at: FROM + day * DAY }));
}

describe('the edges of the rule', () => {
  const last = 10;
  test.each<[string, number[], Partial<Figures>]>([
    ['one order never lapses', [0], { entered: 0 }],
    [
      'an order exactly 90 days later prevents the lapse',
      [0, last, last + 90],
      { entered: 1, completed: 1 },
    ],
    ['two orders at one instant are two', [last, last], { entered: 1, completed: 1 }],
    [
      'an order exactly 7 days after entry precedes the offer',
      [0, last, last + 97],
      { exited: { before: { offer: 1 } } },
    ],
    [
      'an order exactly 17 days after entry precedes the question',
      [0, last, last + 107],
      { exited: { before: { feedback: 1 } } },
    ],
  ])('%s', (_, days, expected) => {
    expect(figures(passages(ordersAt(...days), FROM, TO))).toMatchObject(expected);
  });

  test('the end is exclusive', () => {
    const entry = FROM + (last + 90) * DAY;
    expect(passages(ordersAt(0, last), FROM, entry)).toEqual([]);
    expect(passages(ordersAt(0, last), FROM, entry + 1)).toMatchObject([{ waitingFor: 'offer' }]);
    expect(passages(ordersAt(0, last), entry + 1, TO)).toEqual([]);
  });

  test('invented orders meet every edge', () => {
    const { entered, exited, completed, active } = figures(
      passages(inventOrders(500, 1), FROM, TO),
    );
    for (const count of [
      entered,
      exited.before['offer'],
      exited.before['feedback'],
      completed,
      active,
    ])
      expect(count).toBeGreaterThan(10);
  });
});

test('the published figures', async () => {
  const file = cdnowFile();
  if (!file) {
    process.stderr.write(
      'CDNOW figures UNCHECKED: no cdnow-orders.csv.gz in ../shared/data or $REKINDLE_TEST_DATA\n',
    );
    return;
  }
  const orders = await readOrders(file);
  expect(orders).toHaveLength(69_659);
  const all = passages(orders, FROM, TO);
  expect(figures(all)).toEqual({
    entered: 15163,
    steps: { reminder: { sent: 15163 }, offer: { sent: 14400 }, feedback: { sent: 13336 } },
    exited: { before: { offer: 548, feedback: 705 } },
    completed: 13336,
    active: 215 + 359,
  });
  expect(all.filter((p) => p.waitingFor === 'offer')).toHaveLength(215);
  expect(figures(passages(orders, Date.UTC(1998, 0, 1), TO))).toMatchObject({
    steps: { reminder: { sent: 5393 }, offer: { sent: 4953 }, feedback: { sent: 4347 } },
    exited: { before: { offer: 225, feedback: 247 } },
  });
  expect(figures(passages(scatter(orders), FROM, TO))).toMatchObject({
    steps: { reminder: { sent: 15255 }, offer: { sent: 14472 }, feedback: { sent: 13386 } },
    exited: { before: { offer: 568, feedback: 727 } },
  });
});
