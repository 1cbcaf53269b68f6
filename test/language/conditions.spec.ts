/** What conditions become: quantities, windows, sequences, dates; negation pushed down to them. */
import { readsOf } from '../../src/language/reads.js';
import { campaign, check, who } from './checking.js';

const DAY = 86_400_000;

describe('conditions', () => {
  it('reads what events sum up to, and how long ago they were', () => {
    expect(
      who('{ event: order, sum: { of: cart.total, at_least: 20.50 }, within_last: 365 days }'),
    ).toEqual({
      kind: 'event',
      names: { kind: 'list', names: ['order'] },
      occurrence: null,
      where: [],
      window: { kind: 'within_last', ms: 365 * DAY },
      quantity: {
        kind: 'sum',
        of: ['cart', 'total'],
        tests: [{ op: 'at_least', value: 20.5, negated: false }],
      },
    });
    expect(
      who('{ event: login, quiet_for: { more_than: 7 days, not_in: [30 days] } }'),
    ).toMatchObject({
      quantity: {
        kind: 'quiet_for',
        tests: [
          { op: 'more_than', value: 7 * DAY, negated: false },
          { op: 'in', values: [30 * DAY], negated: true },
        ],
        negated: false,
      },
    });
    expect(who('{ none: [{ event: order, min: { of: amount, between: [1, 5] } }] }')).toMatchObject(
      {
        quantity: { kind: 'min', tests: [{ op: 'between', low: 1, high: 5, negated: true }] },
      },
    );
    expect(who('{ none: [{ event: login, quiet_for: { less_than: 7 days } }] }')).toMatchObject({
      quantity: { kind: 'quiet_for', tests: [{ op: 'less_than', negated: false }], negated: true },
    });
  });

  it('reads what came after an event, or did not', () => {
    expect(
      who(
        '{ event: cart_updated, not_followed_by: [cart_updated, order], within: 4 hours, same: cart_id }',
      ),
    ).toMatchObject({
      quantity: { kind: 'once' },
      sequence: {
        kind: 'not_followed_by',
        by: { names: { kind: 'list', names: ['cart_updated', 'order'] }, where: [] },
        withinMs: 4 * 3_600_000,
        same: ['cart_id'],
      },
    });
    const slow = who(
      '{ none: [{ event: rule_started, followed_by: { event: rule_saved, where: { ok: true } }, took: { more_than: 10 minutes } }] }',
    );
    expect(slow).toMatchObject({
      quantity: { kind: 'never' },
      sequence: {
        kind: 'followed_by',
        by: { where: [{ path: ['ok'], tests: [{ op: 'is', value: true }] }] },
        withinMs: null,
        same: null,
        took: [{ op: 'more_than', value: 600_000, negated: false }],
      },
    });
    expect(
      readsOf(check('#: config/segments/x.yaml\nwho: { event: a, followed_by: [b, c] }\n')).events,
    ).toEqual(['a', 'b', 'c']);
  });

  it('reads samples with the name of their file as salt', () => {
    const sample = { kind: 'sample', negated: false };
    expect(who('{ sample: 12.5% }')).toEqual({ ...sample, salt: 'active', millionths: 125_000 });
    expect(who('{ none: [{ sample: { share: 0.0001%, salt: "a / b" } }] }')).toEqual({
      ...sample,
      salt: 'a / b',
      millionths: 1,
      negated: true,
    });
  });

  it('fills in what a topic is by default', () => {
    const topics = (condition: string): unknown =>
      check(`#: config/rekindle.yaml
project: Acme
zone: UTC
postal_address: Acme
senders: { marketing: { name: Acme, email: a@acme.com } }
topics: { news: { name: News }, offers: { name: Offers, default: unsubscribed } }
#: config/segments/active.yaml
who: ${condition}
`).segments.find(({ id }) => id === 'active')!.who;
    const topic = { kind: 'topic', topic: 'news', byDefault: true, negated: false };
    expect(topics('{ topic: news }')).toEqual(topic);
    expect(topics('{ topic: news, is: unsubscribed }')).toEqual({ ...topic, negated: true });
    expect(topics('{ none: [{ topic: offers }] }')).toEqual({
      ...topic,
      topic: 'offers',
      byDefault: false,
      negated: true,
    });
    expect(readsOf(check('#: config/segments/x.yaml\nwho: { topic: offers }\n')).topics).toEqual([
      'offers',
    ]);
  });

  it('reads how a trait came to be what it is; in an exit, since entry', () => {
    expect(who('{ trait: queue, changed: { from: { more_than: 0 }, to: 0 } }')).toEqual({
      kind: 'trait_changed',
      path: ['queue'],
      from: [{ op: 'more_than', value: 0, negated: false }],
      to: [{ op: 'is', value: 0, negated: false }],
      window: { kind: 'ever' },
      negated: false,
    });
    expect(who('{ none: [{ trait: plan, changed: true }] }')).toMatchObject({
      from: [],
      to: [],
      negated: true,
    });
    const { exit } = campaign(`topic: offers
enter: { event: signed_up }
exit: [{ trait: plan, changed: { to: [pro, team] } }]
steps: [{ send: welcome }]
`);
    expect(exit).toMatchObject([
      {
        kind: 'state',
        label: 'trait plan',
        condition: { window: { kind: 'since', of: null }, to: [{ op: 'in' }] },
      },
    ]);
  });

  it('asks the company by its traits, the events of all members, and the members themselves', () => {
    const plan = { kind: 'trait', path: ['plan'], tests: [{ op: 'is', value: 'pro' }] };
    expect(who('{ trait: account.plan, is: pro }')).toMatchObject({ kind: 'account', of: plan });
    expect(who('{ account: { trait: plan, is: pro } }')).toEqual(
      who('{ trait: account.plan, is: pro }'),
    );
    expect(who('{ trait: account.seats, changed: true }')).toMatchObject({
      of: { kind: 'trait_changed', path: ['seats'] },
    });
    expect(who('{ account: { members: { less_than: 2 }, who: { topic: offers } } }')).toMatchObject(
      {
        of: { kind: 'members', tests: [{ op: 'less_than', value: 2 }], who: { kind: 'topic' } },
      },
    );
    expect(
      who('{ none: [{ account: { all: [{ members: 3 }, { event: login }] } }] }'),
    ).toMatchObject({
      kind: 'account',
      of: {
        kind: 'any',
        of: [
          { kind: 'members', who: null, tests: [{ op: 'is', value: 3, negated: true }] },
          { quantity: { kind: 'never' } },
        ],
      },
    });
  });

  it('tells what is read of a company apart from what is read of its members', () => {
    const { events, traits, topics, accounts } = readsOf(
      check(`#: config/segments/fans.yaml
who: { all: [{ trait: age, at_least: 18 }, { event: bought }] }
#: config/segments/teams.yaml
who:
  account:
    all:
      - { trait: seats, at_least: 5 }
      - { event: login, since: { event: invited } }
      - { members: { at_least: 2 }, who: { all: [{ segment: fans }, { topic: offers }] } }
`),
    );
    expect(accounts).toEqual({
      traits: ['seats'],
      of: {
        events: ['bought', 'invited', 'login'],
        anyEvent: false,
        traits: ['age'],
        topics: ['offers'],
      },
    });
    // Whoever is a member is one of all members.
    expect(events).toEqual(['bought', 'invited', 'login']);
    expect(traits).toContain('age');
    expect(topics).toEqual(['offers']);
    expect(traits).not.toContain('seats');
  });

  it('takes an event and its sequence in an exit for a state', () => {
    const { exit } = campaign(`topic: offers
enter: { event: invoice_failed }
exit: [{ event: cart_updated, not_followed_by: order, within: 3 days, same: cart_id }]
steps: [{ send: welcome }]
`);
    expect(exit).toMatchObject([
      {
        kind: 'state',
        condition: { window: { kind: 'since', of: null }, sequence: { same: ['cart_id'] } },
      },
    ]);
  });

  it('reads dates in all their forms', () => {
    const bounds = (from: string, to: string): unknown =>
      who(`{ event: order, between: [${from}, ${to}] }`);
    expect(bounds('2026-01-01', '2026-05-01 10:00')).toMatchObject({
      window: {
        kind: 'between',
        from: '2026-01-01',
        to: { local: '2026-05-01', at: { hour: 10, minute: 0 } },
      },
    });
    expect(bounds('4 weeks ago', 'today')).toMatchObject({
      window: { from: { days: -28 }, to: { days: 0 } },
    });
    expect(who('{ trait: born, before: 2026-05-01 10:00+02:00 }')).toMatchObject({
      tests: [{ op: 'before', date: { instant: Date.UTC(2026, 4, 1, 8) } }],
    });
    expect(who('{ trait: due, between: [today, 7 days from now] }')).toEqual({
      kind: 'trait',
      path: ['due'],
      tests: [
        { op: 'before', date: { days: 0 }, negated: true },
        { op: 'after', date: { days: 7 }, negated: true },
      ],
    });
  });
});
