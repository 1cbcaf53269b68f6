/**
 * The companies of the demo: three people in ten belong to one, with the one who signed up, an admin, and those who were
 * invited. A company has one plan, which its owner pays; some leave, in some somebody else takes over, and some fall quiet
 * while each of them still comes now and then. Pure, and the same for the same seed and span.
 */
import { DAY_MS, type Instant } from '../core/instant.js';
import { companyName, firstName, somewhere, type Place } from './demo-words.js';
import type { Population } from './population.js';
import { Random } from './random.js';

export interface DemoSpan {
  from: Instant;
  /** Exclusive: nothing of anybody's future is told. */
  to: Instant;
}

export const TRIAL_MS = 14 * DAY_MS;

export const PRICES = { pro: 29, team: 99 } as const;
export type PaidPlan = keyof typeof PRICES;

export interface Company {
  id: number;
  place: Place;
  joinedAt: Instant;
  /** What they take after the trial; null = nothing that is paid. */
  plan: PaidPlan | null;
  /** When the subscription is cancelled; the end of the span = not. */
  leavesAt: Instant;
  /** From when on the team does a quarter of what it did. */
  quietFrom: Instant | null;
  manager: string;
  /** Who takes over, and when. */
  successor: { name: string; at: Instant } | null;
}

/** A place in a company. */
export interface Seat {
  company: Company;
  role: 'owner' | 'admin' | 'member';
}

/** People come in blocks; the first of some blocks are a company, so that one person more changes no other's. */
const BLOCK = 12;

/** By number of the person, 1 to `count`; whoever is not there is on their own. */
export function demoCompanies(
  count: number,
  span: DemoSpan,
  seed: number,
): { seats: Map<number, Seat>; accounts: Population['accounts'] } {
  const seats = new Map<number, Seat>();
  const accounts: Population['accounts'] = [];
  for (let first = 1, id = 1; first <= count; first += BLOCK, id++) {
    const random = new Random(seed * 1_000_003 + first + 800_000);
    const members = random.whole(2, 5);
    const company = invent(id, span, random);
    accounts.push({
      id,
      externalId: `c${String(id).padStart(3, '0')}`,
      traits: {
        name: companyName(random, company.place[1]),
        ...(company.plan === null ? {} : { plan: company.plan }),
        // The smaller ones are looked after by nobody in particular.
        ...(random.chance(0.7) ? { csm_email: `${random.pick(COLLEAGUES)}@acme.example` } : {}),
      },
    });
    for (let nth = 0; nth < members && first + nth <= count; nth++)
      seats.set(first + nth, {
        company,
        role: nth === 0 ? 'owner' : nth === 1 ? 'admin' : 'member',
      });
  }
  return { seats, accounts };
}

const COLLEAGUES = ['mara', 'jonas', 'ayse'];

function invent(id: number, { from, to }: DemoSpan, random: Random): Company {
  const place = somewhere(random);
  const joinedAt = random.chance(0.3)
    ? random.between(from, to)
    : random.between(from - 700 * DAY_MS, from);
  const plan = random.weighted<PaidPlan | null>([
    ['team', 55],
    ['pro', 15],
    [null, 30],
  ]);
  const settled = Math.max(from, joinedAt + TRIAL_MS);
  const leavesAt = plan && random.chance(0.12) && settled < to ? random.between(settled, to) : to;
  // Quiet is half of what two weeks were before; whoever is to be seen so needs a month of work behind, and two weeks after.
  const earliest = Math.max(from + 2 * DAY_MS, joinedAt + 35 * DAY_MS);
  const latest = to - 18 * DAY_MS;
  const quiet = random.chance(0.25) && earliest < latest;
  const manager = firstName(random, place[1]);
  const name = firstName(random, place[1]);
  const at = random.between(from, to);
  const changes = random.chance(0.35) && name !== manager && at > joinedAt + TRIAL_MS;
  return {
    id,
    place,
    joinedAt,
    plan,
    leavesAt,
    quietFrom: quiet ? random.between(earliest, latest) : null,
    manager,
    successor: changes ? { name, at } : null,
  };
}
