/**
 * The people of the demo: a small SaaS product over some months, in the spirit of the articles that Rekindle
 * grew from - leavers look around for 35 seconds where stayers take 3 minutes 18; most who cancel give a reason, and
 * some come back; cards run out; teams fall quiet. Pure, and the same for the same seed and span.
 */
import { DAY_MS, type Instant } from '../core/instant.js';
import {
  demoCompanies,
  PRICES,
  TRIAL_MS,
  type DemoSpan,
  type PaidPlan,
  type Seat,
} from './demo-companies.js';
import { signsOfLeaving } from './demo-signs.js';
import { firstName, somewhere } from './demo-words.js';
import type { InventedProfile, Population } from './population.js';
import { Random } from './random.js';

const MINUTE_MS = 60_000;

const REASONS: readonly (readonly [string, number])[] = [
  ['price', 40],
  ['missing_feature', 25],
  ['support', 10],
  ['other', 25],
];

const REFUSED: readonly (readonly [string, number])[] = [
  ['offers', 60],
  ['onboarding', 25],
  ['*', 15],
];

/** `count` profiles and what they do. */
export function demoPopulation(count: number, span: DemoSpan, seed: number): Population {
  const { seats, accounts } = demoCompanies(count, span, seed);
  const population: Population = {
    profiles: [],
    events: [],
    traitChanges: [],
    accounts,
    accountChanges: [],
    consents: [],
    suppressions: [],
  };
  for (let id = 1; id <= count; id++) {
    // A seed of one's own: one life more or less changes nobody else's.
    const life = new Random(seed * 1_000_003 + id);
    const work = new Random(seed * 1_000_003 + id + 500_000);
    new Life(id, span, { life, work, seat: seats.get(id) ?? null }, population).live();
  }
  population.events.sort((a, b) => a.at - b.at || a.profileId - b.profileId);
  population.traitChanges.sort((a, b) => a.at - b.at || a.profileId - b.profileId);
  return population;
}

class Life {
  private profile: InventedProfile;
  /** As they are at the moment that is being told. */
  private traits: Record<string, unknown> = {};
  private readonly joinedAt: Instant;
  private readonly random: Random;
  /** Lots apart from those of the life itself: what somebody does with the product decides nothing else. */
  private readonly work: Random;
  /** In a company; null = on their own. */
  private readonly seat: Seat | null;

  constructor(
    private readonly id: number,
    private readonly span: DemoSpan,
    { life, work, seat }: { life: Random; work: Random; seat: Seat | null },
    private readonly into: Population,
  ) {
    this.random = life;
    this.work = work;
    this.seat = seat;
    this.joinedAt = this.daytime(this.firstDay());
  }

  /** Whoever is invited comes in the days after the company did. */
  private firstDay(): Instant {
    const { from, to } = this.span;
    if (this.seat) {
      const { company, role } = this.seat;
      const later = role === 'owner' ? 0 : this.random.around(8 * DAY_MS);
      return Math.min(company.joinedAt + later, to - DAY_MS);
    }
    return this.random.chance(0.45)
      ? this.random.between(from, to)
      : this.random.between(from - 700 * DAY_MS, from);
  }

  live(): void {
    this.join();
    const stays = this.firstSession() || this.seat !== null;
    const plan = this.trialEnds() < this.span.to ? this.choosePlan(stays) : null;
    const until = plan ? this.pay(plan) : this.span.to;
    if (!plan && stays) this.use(this.joinedAt, this.span.to, this.seat ? 4 : 9);
    this.workWithIt(stays, until);
    if (plan && this.pays()) this.payInvoices(plan, until);
    if (plan) this.showSigns(until);
    const successor = this.seat?.role === 'owner' ? this.seat.company.successor : null;
    if (successor) this.set('manager', successor.name, this.daytime(successor.at));
    this.keepAway();
  }

  /** That of the company, whenever one was invited. */
  private trialEnds(): Instant {
    const began = this.seat ? this.seat.company.joinedAt : this.joinedAt;
    return Math.max(began + TRIAL_MS, this.joinedAt);
  }

  /** A company has one subscription. */
  private pays(): boolean {
    return this.seat === null || this.seat.role === 'owner';
  }

  /** One in ten cannot or does not want to be written to: no address, a topic refused, an address that failed. */
  private keepAway(): void {
    const { email, ...others } = this.profile.traits;
    const at = this.daytime(this.random.between(this.joinedAt, this.span.to));
    if (at >= this.span.to) return;
    // From the next day on, as a backtest has it (recording.sql.ts).
    const countsFrom = (Math.floor(at / DAY_MS) + 1) * DAY_MS;
    if (this.random.chance(0.03)) this.profile.traits = others;
    else if (this.random.chance(0.06))
      this.into.consents.push({
        profileId: this.id,
        topic: this.random.weighted(REFUSED),
        subscribed: false,
        at,
        source: 'unsubscribe page',
        countsFrom,
      });
    else if (this.random.chance(0.01))
      this.into.suppressions.push({ address: String(email), at, countsFrom });
  }

  private join(): void {
    const [zone, locale] = this.seat?.company.place ?? somewhere(this.random);
    const userId = `u${String(this.id).padStart(4, '0')}`;
    this.traits = {
      email: `${userId}@customers.example`,
      plan: 'trial',
      created_at: new Date(this.joinedAt).toISOString(),
      referral_code: `R${(this.id * 7919).toString(36).toUpperCase()}`,
      ...(this.random.chance(0.85) ? { first_name: firstName(this.random, locale) } : {}),
      ...(zone === null ? {} : { timezone: zone, locale }),
      ...(this.seat ? { role: this.seat.role } : {}),
      ...(this.seat?.role === 'owner' ? { manager: this.seat.company.manager } : {}),
    };
    this.profile = {
      id: this.id,
      userId,
      traits: this.traits,
      zone,
      accountId: this.seat?.company.id ?? null,
      joinedAt: this.joinedAt,
    };
    this.into.profiles.push(this.profile);
  }

  /** Short for a third: most of them never finish the set-up nor return. Returns whether this one stays. */
  private firstSession(): boolean {
    const short = this.random.chance(0.33);
    const seconds = Math.round(
      short ? Math.min(110, 8 + this.random.around(27)) : this.random.between(125, 271),
    );
    this.session(this.joinedAt, seconds);
    if (this.random.chance(short ? 0.3 : 0.8)) {
      this.event(
        'setup_completed',
        this.joinedAt +
          (short ? this.random.around(2 * DAY_MS) : this.random.around(30 * MINUTE_MS)),
      );
    }
    return !short || this.random.chance(0.4);
  }

  /** What becomes of the trial after two weeks; null = nothing is paid. */
  private choosePlan(stays: boolean): PaidPlan | null {
    const at = this.trialEnds();
    const plan = this.seat ? this.seat.company.plan : this.chooseAlone(stays);
    if (plan && this.pays()) this.set('card', this.card(at), at);
    this.set('plan', plan ?? 'free', at);
    return plan;
  }

  private chooseAlone(stays: boolean): PaidPlan | null {
    if (!stays || !this.random.chance(0.7)) return null;
    return this.random.weighted<PaidPlan>([
      ['pro', 70],
      ['team', 30],
    ]);
  }

  /** Returns when they leave, or the end of the span. */
  private pay(plan: PaidPlan): Instant {
    const { to } = this.span;
    const start = Math.max(this.trialEnds(), this.span.from);
    const cancels = this.cancelsAt(start);
    this.use(this.joinedAt, cancels, this.seat ? 4 : 6);
    if (this.pays()) this.replaceCard(start, cancels);
    if (cancels >= to) return cancels;
    if (this.pays()) this.cancel(plan, cancels);
    else this.set('plan', 'free', cancels);
    return cancels;
  }

  private cancelsAt(start: Instant): Instant {
    const { to } = this.span;
    if (this.seat) return this.seat.company.leavesAt;
    return this.random.chance(0.16) ? this.daytime(this.random.between(start, to)) : to;
  }

  /** The way from signing up to a first result, where many stop, and the tasks that are done by the product later. */
  private workWithIt(stays: boolean, until: Instant): void {
    const { work } = this;
    let at = this.joinedAt;
    this.event('signed_up', at);
    const way = [
      ['data_connected', stays ? 0.85 : 0.35, 20 * MINUTE_MS],
      ['report_created', 0.75, 2 * 60 * MINUTE_MS],
      ['first_report_shared', 0.7, DAY_MS],
    ] as const;
    for (const [name, share, takes] of way) {
      if (!work.chance(share)) return;
      at += work.around(takes) + MINUTE_MS;
      if (at >= until) return;
      this.event(name, at);
    }
    if (work.chance(0.3)) this.event('template_used', at + work.around(2 * DAY_MS));
    if (work.chance(0.25)) this.fillCart(Math.max(at, this.span.from));
    if (work.chance(0.4)) this.runEmpty(Math.max(at, this.span.from), until);
    while ((at += DAY_MS + work.around(5 * DAY_MS)) < until) {
      if (at < this.span.from - 30 * DAY_MS || this.rests(at)) continue;
      this.event('task_automated', at, { minutes_saved: work.whole(5, 45) });
      if (work.chance(0.1)) this.buildWidget(at);
    }
  }

  /** Two or three minutes; one in ten is never finished. */
  private buildWidget(at: Instant): void {
    const task = { task_id: `w_${this.id}_${Math.floor(at / 1000)}`, task_name: 'Sales by week' };
    this.event('widget_started', at, task);
    if (this.work.chance(0.9))
      this.event('widget_saved', at + MINUTE_MS + this.work.around(2 * MINUTE_MS), task);
  }

  /** Extras from the shop; four in ten are ordered at once. */
  private fillCart(from: Instant): void {
    const at = this.daytime(from + this.work.around(30 * DAY_MS));
    const cart = { cart_id: `cart_${this.id}`, total: this.work.whole(15, 320) };
    this.event('cart_updated', at, { ...cart, items: ['Templates for retail'] });
    if (this.work.chance(0.4))
      this.event('order_completed', at + this.work.around(40 * MINUTE_MS), {
        cart_id: cart.cart_id,
        amount: cart.total,
      });
  }

  /** Plans some posts ahead, which go out until none is left. */
  private runEmpty(from: Instant, until: Instant): void {
    const filled = this.daytime(from + this.work.around(30 * DAY_MS));
    const emptied = filled + this.work.between(2, 9) * DAY_MS;
    if (filled < from || emptied >= until) return;
    this.set('queue', this.work.whole(2, 9), filled);
    this.set('queue', 0, emptied);
  }

  /** What somebody who pays is asked for each month; one in thirty fails, and most of those are paid some days later. */
  private payInvoices(plan: PaidPlan, until: Instant): void {
    const { work } = this;
    const start = this.trialEnds();
    this.event('subscription_started', start, { plan, amount: PRICES[plan] });
    for (const [name, share] of [
      ['report_scheduled', 0.4],
      ['alert_created', 0.3],
      ['member_invited', 0.45],
    ] as const) {
      const at = start + work.around(20 * DAY_MS);
      if (work.chance(share) && at < until) this.event(name, at);
    }
    for (let nth = 1, at = start; at < until; nth++, at += 30 * DAY_MS) {
      const invoice = {
        invoice_id: `in_${this.id}_${nth}`,
        amount: PRICES[plan],
        currency: 'eur',
      };
      const fails = nth > 1 && work.chance(0.035);
      if (fails)
        this.event('invoice_payment_failed', at, {
          ...invoice,
          next_payment_attempt: new Date(at + 4 * DAY_MS).toISOString(),
        });
      if (!fails || work.chance(0.7))
        this.event('invoice_paid', at + (fails ? work.around(4 * DAY_MS) : 0), invoice);
    }
    const recommended = this.daytime(Math.max(start, this.span.from) + work.around(60 * DAY_MS));
    if (work.chance(0.15) && recommended < until) this.event('referral_signed_up', recommended);
  }

  private showSigns(until: Instant): void {
    const from = Math.max(this.joinedAt + TRIAL_MS, this.span.from);
    const leave = until < this.span.to;
    for (const { name, at } of signsOfLeaving(this.work, { from, until, leave }))
      this.event(name, at);
  }

  private cancel(plan: PaidPlan, at: Instant): void {
    this.event('subscription_cancelled', at, { reason: this.random.weighted(REASONS), plan });
    this.set('plan', 'free', at);
    if (this.seat || !this.random.chance(0.35)) return;
    const back = this.daytime(at + this.random.around(13 * DAY_MS) + DAY_MS);
    this.event('login', back);
    this.use(back, this.span.to, 8);
    if (!this.random.chance(0.6)) return;
    const again = back + this.random.around(20 * MINUTE_MS);
    this.event('subscription_started', again, { plan, amount: PRICES[plan] });
    this.set('plan', plan, again);
  }

  /** Cards that run out are replaced in time by two thirds, some days before or after. */
  private replaceCard(from: Instant, to: Instant): void {
    const card = this.traits['card'] as { expires_on: string } | undefined;
    if (!card || !this.random.chance(0.66)) return;
    const at = this.daytime(
      Date.parse(card.expires_on) - 7 * DAY_MS + this.random.around(4 * DAY_MS),
    );
    if (at <= from || at >= to) return;
    this.event('payment_method_updated', at);
    this.set('card', this.card(at + 400 * DAY_MS), at);
  }

  /** Logins and sessions, `everyDays` on average. */
  private use(from: Instant, to: Instant, everyDays: number): void {
    const begin = Math.max(from, this.span.from - 30 * DAY_MS);
    for (let at = begin + this.gap(everyDays); at < to; at += this.gap(everyDays)) {
      const login = this.daytime(at);
      if (login <= from || login >= to || this.rests(login)) continue;
      this.event('login', login);
      this.session(login, Math.round(60 + this.random.around(400)));
    }
  }

  /** In a team that has fallen quiet most of what would have been done is not. */
  private rests(at: Instant): boolean {
    const quietFrom = this.seat?.company.quietFrom ?? null;
    return quietFrom !== null && at >= quietFrom && this.work.chance(0.75);
  }

  private gap(everyDays: number): number {
    // A team works by the week, people on their own when it comes to them.
    if (this.seat) return DAY_MS * everyDays * this.random.between(0.5, 1.5);
    return DAY_MS * 0.5 + this.random.around(everyDays * DAY_MS);
  }

  private session(startedAt: Instant, seconds: number): void {
    this.event('session_ended', startedAt + seconds * 1000, { duration_seconds: seconds });
  }

  /** Good for up to three years from `at`, to the last day of a month. */
  private card(at: Instant): Record<string, unknown> {
    const until = new Date(at + this.random.between(20, 1000) * DAY_MS);
    const lastDay = new Date(Date.UTC(until.getUTCFullYear(), until.getUTCMonth() + 1, 0));
    return {
      last4: String(this.random.whole(1000, 9999)),
      expires_on: lastDay.toISOString().slice(0, 10),
    };
  }

  /** The same day, between 7 and 21 UTC, on a whole second. */
  private daytime(at: Instant): Instant {
    return Math.floor(at / DAY_MS) * DAY_MS + this.random.whole(7 * 3600, 21 * 3600) * 1000;
  }

  private event(name: string, at: Instant, properties: Record<string, unknown> = {}): void {
    const when = Math.floor(at);
    if (when >= this.joinedAt && when < this.span.to)
      this.into.events.push({ profileId: this.id, name, at: when, properties });
  }

  /** Before the span it is how things are, within it a change, after it nobody knows. */
  private set(trait: string, after: unknown, at: Instant): void {
    const when = Math.floor(at);
    const before = this.traits[trait];
    if (when >= this.span.to || after === before) return;
    this.traits = { ...this.traits, [trait]: after };
    if (when < this.span.from) this.profile.traits = this.traits;
    else this.into.traitChanges.push({ profileId: this.id, trait, before, after, at: when });
  }
}
