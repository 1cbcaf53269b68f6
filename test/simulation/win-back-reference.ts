/**
 * What the CDNOW win-back campaign must do, computed a second time: straight from semantics.md, over
 * arrays, without a database and without one line of the engine (only the order file's text is read). The
 * engine is right when it says the same of every customer, step and instant; neither may copy the other.
 */
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { createInterface } from 'node:readline';

const DAY = 86_400_000;

export interface Order {
  id: string;
  customer: string;
  /** Milliseconds since 1970-01-01T00:00Z. */
  at: number;
}

/** One passage of a customer through the campaign. */
export interface Passage {
  customer: string;
  enteredAt: number;
  sends: { step: 'reminder' | 'offer' | 'feedback'; at: number }[];
  /** The step it waited for when an order ended it. */
  exitedBefore: 'offer' | 'feedback' | null;
  /** The step it still waits for at the end. */
  waitingFor: 'offer' | 'feedback' | null;
}

/** The shape that `rekindle backtest --json` prints, without its wall time and memory. */
export interface Figures {
  entered: number;
  steps: Record<'reminder' | 'offer' | 'feedback', { sent: number }>;
  exited: { before: Record<string, number> };
  completed: number;
  active: number;
}

/**
 * Every passage that begins in [from, to). Lapsed: at least 2 orders ever and the last one exactly 90 days
 * or longer ago (`last + D <= t`). At one instant an order precedes the timer, so an order exactly 90 days
 * after the last one prevents the lapse, and one exactly at a wait's end ends the enrolment before the send.
 * Customers lapsed before `from` are members already and do not enter; nothing at or after `to` happens.
 */
export function passages(orders: readonly Order[], from: number, to: number): Passage[] {
  const byCustomer = new Map<string, number[]>();
  for (const { customer, at } of orders) {
    if (at >= to) continue;
    const times = byCustomer.get(customer);
    if (times) times.push(at);
    else byCustomer.set(customer, [at]);
  }
  const found: Passage[] = [];
  for (const [customer, times] of byCustomer) {
    times.sort((a, b) => a - b);
    for (let n = 1; n < times.length; n++) {
      const enteredAt = times[n]! + 90 * DAY;
      const next = times[n + 1] ?? Infinity;
      if (next <= enteredAt || enteredAt < from || enteredAt >= to) continue;
      found.push(passage(customer, enteredAt, next, to));
    }
  }
  return found;
}

function passage(customer: string, enteredAt: number, nextOrder: number, to: number): Passage {
  const result: Passage = {
    customer,
    enteredAt,
    sends: [{ step: 'reminder', at: enteredAt }],
    exitedBefore: null,
    waitingFor: null,
  };
  for (const [step, days] of [
    ['offer', 7],
    ['feedback', 17],
  ] as const) {
    const at = enteredAt + days * DAY;
    if (nextOrder <= at && nextOrder < to) return { ...result, exitedBefore: step };
    if (at >= to) return { ...result, waitingFor: step };
    result.sends.push({ step, at });
  }
  return result;
}

/** Passages added up. */
export function figures(all: readonly Passage[]): Figures {
  const sent = (step: string): { sent: number } => ({
    sent: all.reduce((sum, p) => sum + (p.sends.some((s) => s.step === step) ? 1 : 0), 0),
  });
  const before: Record<string, number> = {};
  for (const step of ['offer', 'feedback'] as const) {
    const count = all.filter((p) => p.exitedBefore === step).length;
    if (count > 0) before[step] = count;
  }
  return {
    entered: all.length,
    steps: { reminder: sent('reminder'), offer: sent('offer'), feedback: sent('feedback') },
    exited: { before },
    completed: all.filter((p) => p.exitedBefore === null && p.waitingFor === null).length,
    active: all.filter((p) => p.waitingFor !== null).length,
  };
}

/** `REKINDLE_TEST_DATA`'s or the neighbouring folder's order log; null where there is none. */
export function cdnowFile(): string | null {
  const folder = process.env['REKINDLE_TEST_DATA'] ?? join(process.cwd(), '../shared/data');
  const file = join(folder, 'cdnow-orders.csv.gz');
  return existsSync(file) ? file : null;
}

/** The order log as it is, in file order. It has no quotes, so splitting at commas reads it. */
export async function readOrders(file: string): Promise<Order[]> {
  const orders: Order[] = [];
  const lines = createInterface({ input: createReadStream(file).pipe(createGunzip()) });
  for await (const line of lines) {
    const [id, customer, at] = line.split(',') as [string, string, string];
    if (id !== 'order_id') orders.push({ id, customer, at: Date.parse(at) });
  }
  return orders;
}

/** The same orders on the same days, order n (from 1) at n x 7919 mod 86400 seconds of its day. */
export function scatter(orders: readonly Order[]): Order[] {
  return orders.map((order, i) => ({
    ...order,
    at: Math.floor(order.at / DAY) * DAY + (((i + 1) * 7919) % 86_400) * 1000,
  }));
}

/**
 * Orders of invented customers in the same eighteen months, the same for the same seed: gaps are drawn
 * around the rule's own edges (90, 97 and 107 days, exactly and one second to either side) as well as between.
 * With `sameHour` all orders are at noon (UTC), as in the CDNOW log.
 */
export function inventOrders(customers: number, seed: number, sameHour = false): Order[] {
  const random = mulberry32(seed);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
  const start = Date.UTC(1997, 0, 1, 12);
  const end = Date.UTC(1998, 6, 1);
  const orders: Order[] = [];
  for (let c = 1; c <= customers; c++) {
    const customer = String(c).padStart(5, '0');
    let at = start + Math.floor(random() * 300) * DAY;
    while (at < end && random() > 0.12) {
      orders.push({ id: `o${orders.length + 1}`, customer, at });
      const days = random() < 0.4 ? pick([0, 90, 97, 107]) : Math.floor(random() * 130);
      const off = pick([-1000, 0, 0, 1000]);
      at += days * DAY + (days > 0 && !sameHour ? off : 0);
    }
  }
  return orders.sort((a, b) => a.at - b.at).map((order, i) => ({ ...order, id: `o${i + 1}` }));
}

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
