/**
 * What the campaigns big-spenders, fading and hundred of test/fixtures/cdnow-samples must do, by plain arithmetic over the order file: a
 * program of its own, which imports nothing of Rekindle's. In: a file of orders and a span. Out: JSON, for each campaign its
 * passages as "customer enteredAt end sends", sorted.
 *
 *   node test/simulation/second-opinion.mjs ORDERS.csv[.gz] FROM TO
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

const DAY = 24 * 60 * 60 * 1000;
const [file, fromText, toText] = process.argv.slice(2);
const FROM = Date.parse(fromText);
const TO = Date.parse(toText);

/** Customers with their orders, oldest first; amounts in cents. */
const customers = new Map();
const raw = readFileSync(file);
const lines = (file.endsWith('.gz') ? gunzipSync(raw) : raw).toString('utf8').trim().split('\n');
const columns = lines[0].split(',');
const column = (name) => columns.indexOf(name);
for (const line of lines.slice(1)) {
  const cells = line.split(',');
  const at = Date.parse(cells[column('ordered_at')]);
  if (at >= TO) continue;
  const customer = cells[column('customer_id')];
  const cents = Math.round(Number(cells[column('amount')]) * 100);
  if (!customers.has(customer)) customers.set(customer, []);
  customers.get(customer).push({ at, cents });
}
for (const orders of customers.values()) orders.sort((a, b) => a.at - b.at);

/** 03:00 UTC of every day from the one before FROM on. */
const samples = [];
for (let at = Math.floor(FROM / DAY) * DAY - DAY + 3 * 60 * 60 * 1000; at < TO; at += DAY)
  samples.push(at);

/** What somebody's orders in (until - days, until] come to; null without one. */
function spent(orders, until, days) {
  const inside = orders.filter(({ at }) => at > until - days * DAY && at <= until);
  return inside.length === 0 ? null : inside.reduce((sum, { cents }) => sum + cents, 0);
}

/** The instants at which sums over so many days change, by themselves or by an order. */
function changes(orders, days) {
  return orders.flatMap(({ at }) => [at, at + days * DAY]);
}

/** Comings and goings of one customer, from who is a member just before FROM on. */
function stays(isMember, instants) {
  const found = [];
  let member = isMember(FROM - 1);
  for (const at of [...new Set(instants)].sort((a, b) => a - b)) {
    if (at < FROM || at >= TO || isMember(at) === member) continue;
    member = !member;
    if (member) found.push({ from: at, until: Infinity });
    else if (found.length > 0) found.at(-1).until = at;
  }
  return found;
}

function passage(customer, entered, end, reason, steps) {
  const sends = steps.filter((at) => at < TO && (at === entered || at < end));
  const over = steps.at(-1) < end && steps.at(-1) < TO ? 'completed' : end < TO ? reason : 'active';
  return `${customer} ${entered} ${over} ${sends.join(',')}`;
}

function bigSpenders() {
  // One taken as the run begins, then one a day.
  const taken = [FROM - 1, ...samples.filter((at) => at >= FROM)];
  const cutoffs = taken.map((at) => {
    const sums = [...customers.values()]
      .map((orders) => spent(orders, at, 180))
      .filter((sum) => sum !== null)
      .sort((a, b) => a - b);
    return sums.length === 0 ? null : sums[Math.ceil((sums.length * 90) / 100) - 1];
  });
  const cutoffAt = (at) => cutoffs[taken.findLastIndex((sample) => sample <= at)];
  return [...customers].flatMap(([customer, orders]) => {
    const isMember = (at) => {
      const [sum, cutoff] = [spent(orders, at, 180), cutoffAt(at)];
      return sum !== null && cutoff !== null && sum >= cutoff;
    };
    return stays(isMember, [...changes(orders, 180), ...samples]).map(({ from, until }) =>
      passage(customer, from, until, 'left', [from, from + 7 * DAY]),
    );
  });
}

function fading() {
  return [...customers].flatMap(([customer, orders]) => {
    const count = (after, until) => orders.filter(({ at }) => at > after && at <= until).length;
    const isMember = (at) => {
      const sample = samples.findLast((one) => one <= at);
      if (sample === undefined || orders[0].at + 180 * DAY > sample) return false;
      const base = count(sample - 180 * DAY, sample - 90 * DAY);
      return base >= 2 && count(sample - 90 * DAY, sample) * 2 <= base;
    };
    return stays(isMember, samples).map(({ from, until }) => {
      const next = orders.find(({ at }) => at > from)?.at ?? Infinity;
      const reason = next <= until ? 'exited' : 'left';
      return passage(customer, from, Math.min(next, until), reason, [from, from + 10 * DAY]);
    });
  });
}

function hundred() {
  return [...customers].flatMap(([customer, orders]) => {
    const isMember = (at) => (spent(orders, at, 90) ?? 0) >= 10_000;
    const entries = [];
    for (const { from } of stays(isMember, changes(orders, 90)))
      if (entries.length === 0 || from >= entries.at(-1) + 120 * DAY) entries.push(from);
    return entries.map((at) => passage(customer, at, Infinity, '', [at, at + 14 * DAY]));
  });
}

const opinion = {
  'big-spenders': bigSpenders().sort(),
  fading: fading().sort(),
  hundred: hundred().sort(),
};
process.stdout.write(JSON.stringify(opinion));
