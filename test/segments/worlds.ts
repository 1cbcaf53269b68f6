/**
 * Random worlds for the law: profiles with late events, trait histories and bad values, written to a
 * database (store-world.ts) and kept in memory; random instants, on and beside every boundary.
 */
import * as fc from 'fast-check';
import type { Sampling } from '../../src/language/conditions/sampled-shapes.js';
import type { ReferenceCutoff } from './reference-samples.js';
import type { ReferenceAccount, ReferenceProfile } from './reference-evaluator.js';

const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
/** Around it clocks change in Europe, both Americas and on Lord Howe Island. */
export const START = Date.UTC(2026, 2, 20);
export const END = START + 24 * DAY;

export interface WorldProfile extends ReferenceProfile {
  zone: string | null;
  /** A merged profile is nobody. */
  merged: boolean;
}

export interface World {
  profiles: WorldProfile[];
  accounts?: ReferenceAccount[];
  cutoffs?: ReferenceCutoff[];
}

export const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Santiago',
  'Asia/Beirut',
  'Australia/Lord_Howe',
  'Pacific/Kiritimati',
  'Pacific/Pago_Pago',
];
export const PROJECT_ZONE = 'Europe/Berlin';

export const NAMES = [
  'login',
  'order',
  'page',
  '$message_sent',
  '$campaign_entered',
  '$campaign_ended',
];
export const CAMPAIGNS = ['welcome', 'win-back'];
export const TOPICS = ['news', 'offers'];
const ACCOUNTS = [1, 2, 3];
export const SEGMENTS = ['inner', 'outer'];
export const DURATIONS = [HOUR, 6 * HOUR, DAY, 2 * DAY, 5 * DAY, 10 * DAY];

/** Times that no change of the clocks skips; a sample falls on instants of these worlds, and beside them. */
export const SAMPLINGS: Sampling[] = [
  { zone: PROJECT_ZONE, at: { hour: 3, minute: 0 } },
  { zone: 'UTC', at: { hour: 12, minute: 0 } },
  { zone: 'America/New_York', at: { hour: 20, minute: 30 } },
];

/** Whole hours mostly, so that things coincide; else anything. */
export const instant = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .integer({ min: 0, max: (END - START) / (6 * HOUR) })
      .map((n) => START + n * 6 * HOUR),
  },
  {
    weight: 2,
    arbitrary: fc.integer({ min: 0, max: (END - START) / HOUR }).map((n) => START + n * HOUR),
  },
  { weight: 1, arbitrary: fc.integer({ min: START, max: END }) },
);

const goodDate = fc.oneof(
  // A day of long ago, whose anniversary is near.
  instant.map((at) => `1990${new Date(at).toISOString().slice(4, 10)}`),
  instant.map((at) => new Date(at).toISOString().slice(0, 10)),
  instant.map((at) => new Date(at).toISOString()),
  instant.map((at) => `${new Date(at + 2 * HOUR).toISOString().slice(0, 19)}+02:00`),
  fc.constantFrom(
    '2024-02-29',
    '1990-04-02',
    '2027-03-25',
    '2026-03-29T00:30:00Z',
    '9999-12-31',
    '0001-01-01',
  ),
);

const BAD_DATES = [
  '2026-02-30',
  '2026-13-01',
  '0000-01-01',
  '2026-04-01T10:00',
  '2026-04-01T25:00:00Z',
  '2026-04-01T24:00:00Z',
  '2026-04-01 10:00:00.1239-0330',
  'infinity',
  'now',
  '2026-04-01T10:00:60Z',
  '2026-04-01T10:00:00+15:00',
  '٢٠٢٦-٠٤-٠١',
  '2026-04-01\n',
];

export const value: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom<unknown>(
      'pro',
      'team',
      'Pro',
      '',
      'profi',
      1,
      2,
      2.5,
      -1,
      0,
      true,
      false,
    ),
  },
  { weight: 4, arbitrary: goodDate },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(
      null,
      [],
      ['pro', 1],
      ['team', true, null],
      {},
      { expires: '2026-04-01' },
      'ünï',
      '1',
      'true',
      1e15,
      0.1,
      '\\',
      '%',
      "'; drop table profiles --",
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom(...BAD_DATES) },
);

/** Mostly what its name says, so that tests find something to decide. */
const VALUES: Record<string, fc.Arbitrary<unknown>> = {
  plan: mostly(fc.constantFrom('pro', 'team', 'Pro', 'profi')),
  n: mostly(fc.constantFrom(-1, 0, 1, 2, 2.5, 3)),
  tags: mostly(fc.constantFrom<unknown>(['pro', 1], ['team', true, null], [])),
  due: mostly(goodDate),
  campaign: fc.constantFrom(...CAMPAIGNS),
  card: mostly(fc.record({ expires: mostly(goodDate) })),
};

function mostly(arbitrary: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 3, arbitrary }, value);
}

const property = fc.record(VALUES, { requiredKeys: [] });

const event = fc.record({
  // Mostly one name, so that counts reach what conditions ask for.
  name: fc.constantFrom('login', 'login', 'login', ...NAMES),
  occurredAt: instant,
  late: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.constantFrom(1, HOUR, DAY, 3 * DAY)),
  imported: fc.constantFrom(0, 0, 0, 30 * DAY),
  properties: property,
});

const history = (of: fc.Arbitrary<unknown>): fc.Arbitrary<{ from: number; value: unknown }[]> =>
  fc.array(
    fc.record({
      from: instant,
      value: fc.oneof({ weight: 5, arbitrary: of }, fc.constant(undefined)),
    }),
    { maxLength: 3 },
  );

const histories = fc.record(
  Object.fromEntries(Object.entries(VALUES).map(([trait, of]) => [trait, history(of)])),
  { requiredKeys: [] },
);

const profile = fc.record({
  zone: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...ZONES) }, fc.constant(null)),
  bornAt: fc.oneof({ weight: 4, arbitrary: instant }, fc.constant(null)),
  merged: fc.constantFrom(false, false, false, false, false, false, true),
  initial: property,
  changes: histories,
  events: fc.array(event, { maxLength: 12, size: 'max' }),
  consents: fc.record(
    Object.fromEntries(
      [...TOPICS, '*'].map((topic) => [
        topic,
        fc.array(
          fc.record({
            from: fc.oneof(instant, fc.constant(-Infinity)),
            subscribed: fc.boolean(),
          }),
          { maxLength: 3 },
        ),
      ]),
    ),
    { requiredKeys: [] },
  ),
  stays: fc.record(
    Object.fromEntries(
      SEGMENTS.map((id) => [
        id,
        fc.array(fc.record({ from: instant, member: fc.boolean() }), { maxLength: 4 }),
      ]),
    ),
    { requiredKeys: [] },
  ),
  companies: fc.array(
    fc.record({
      from: fc.oneof({ weight: 2, arbitrary: fc.constant(-Infinity) }, instant),
      id: fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...ACCOUNTS) }, fc.constant(null)),
    }),
    { maxLength: 3 },
  ),
});

/** Numbers that what is ranked comes to, and times when something was done. */
const cutoffs = fc.array(
  fc.record({
    from: instant,
    number: fc.constantFrom(null, -1, 0, 1, 1, 2, 2.5, 3),
    time: fc.oneof({ weight: 4, arbitrary: instant }, fc.constant(null)),
  }),
  { maxLength: 5 },
);

const account = fc.record({ initial: property, changes: histories });

/** Values from an instant on, by trait. */
function pastOf({
  initial,
  changes,
}: {
  initial: Record<string, unknown>;
  changes: Record<string, { from: number; value: unknown }[] | undefined>;
}): ReferenceProfile['traits'] {
  const traits: ReferenceProfile['traits'] = {};
  for (const [trait, value] of Object.entries(initial))
    traits[trait] = [{ from: -Infinity, value }];
  for (const [trait, later] of Object.entries(changes))
    traits[trait] = [
      ...(traits[trait] ?? []),
      ...(later ?? []).toSorted((a, b) => a.from - b.from),
    ];
  return traits;
}

export const world: fc.Arbitrary<World> = fc
  .tuple(
    fc.array(profile, { minLength: 1, maxLength: 12, size: 'max' }),
    fc.tuple(account, account, account),
    cutoffs,
  )
  .map(([drafts, companies, samples]) => ({
    cutoffs: samples
      .toSorted((a, b) => a.from - b.from)
      .filter(({ from }, index, all) => all[index - 1]?.from !== from),
    accounts: companies.map((draft, index) => ({ id: ACCOUNTS[index]!, traits: pastOf(draft) })),
    profiles: drafts.map(
      (
        { zone, bornAt, merged, initial, changes, events, consents, companies, stays },
        index,
      ): WorldProfile => {
        const traits = pastOf({ initial, changes });
        return {
          id: index + 1,
          zone,
          bornAt,
          merged: merged && index > 0,
          traits,
          companies: movesOnly(companies),
          stays: Object.fromEntries(
            Object.entries(stays).map(([id, moves]) => [id, movesOf(moves ?? [])]),
          ),
          consents: Object.fromEntries(
            Object.entries(consents).map(([topic, said]) => [topic, changesOnly(said ?? [])]),
          ),
          events: events.map(({ name, occurredAt, late, imported, properties }, n) => ({
            id: index * 100 + n + 1,
            name,
            occurredAt,
            judgedAt: occurredAt + late,
            receivedAt: occurredAt + late + imported,
            properties,
          })),
        };
      },
    ),
  }));

/** Who comes to where it is does not move. */
function movesOnly(
  companies: { from: number; id: number | null }[],
): { from: number; id: number | null }[] {
  return companies
    .toSorted((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))
    .filter(({ id }, index, all) => (all[index - 1]?.id ?? null) !== id);
}

/** In and out by turns, the first time in, one at an instant. */
function movesOf(moves: { from: number; member: boolean }[]): { from: number; member: boolean }[] {
  return moves
    .toSorted((a, b) => a.from - b.from)
    .filter(({ from }, index, all) => all[index - 1]?.from !== from)
    .filter(({ member }, index, all) => (all[index - 1]?.member ?? false) !== member);
}

/** What is said again is not said. */
function changesOnly(
  said: { from: number; subscribed: boolean }[],
): { from: number; subscribed: boolean }[] {
  return said
    .toSorted((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))
    .filter(({ subscribed }, index, all) => all[index - 1]?.subscribed !== subscribed);
}

/** Which profile (as an index, wrapped), when, since when, with what. */
export const moments = fc.array(
  fc.record({
    pick: fc.nat(),
    at: fc.oneof(
      { weight: 4, arbitrary: instant },
      instant.map((at) => at - 1),
      instant.map((at) => at + 1),
    ),
    since: fc.oneof(instant, fc.constant(null)),
    waitSince: fc.oneof(instant, fc.constant(null)),
    entry: fc.oneof(property, fc.constant(null)),
  }),
  { minLength: 14, maxLength: 20, size: 'max' },
);
