/** again, per, needs and if_active, as far as the profile's own enrolments tell. */
import type { Entry } from '../language/definitions.js';
import type { EarlierEnrolment } from './decide-entry.js';
import { decideEntry, keyOf, valueAt } from './decide-entry.js';

const DAY = 86_400_000;
const T0 = 1_000 * DAY;
const enter = (overrides: Partial<Entry> = {}): Entry =>
  ({
    kind: 'api',
    if: null,
    per: null,
    needs: [],
    again: { kind: 'never' },
    ifActive: 'ignore',
    zone: 'profile',
    ...overrides,
  }) as Entry;
const earlier = (overrides: Partial<EarlierEnrolment> = {}): EarlierEnrolment => ({
  trigger: 'event:1',
  perKey: '',
  active: false,
  enteredAt: T0 - 10 * DAY,
  ...overrides,
});
const candidate = (entry: Record<string, unknown> = {}, occurrence: string | null = null) => ({
  at: T0,
  trigger: 'event:2',
  occurrence,
  entry,
});

it('the first entry is free', () => {
  expect(decideEntry(enter(), candidate(), [])).toEqual({ kind: 'enter', perKey: '' });
});

it('the same trigger is known and leaves no trace', () => {
  expect(
    decideEntry(enter({ again: { kind: 'always' } }), candidate(), [
      earlier({ trigger: 'event:2' }),
    ]),
  ).toEqual({ kind: 'known' });
});

it('again: never, always, after', () => {
  expect(decideEntry(enter(), candidate(), [earlier()])).toMatchObject({ reason: 'again_never' });
  expect(decideEntry(enter({ again: { kind: 'always' } }), candidate(), [earlier()])).toMatchObject(
    { kind: 'enter' },
  );
  const after = (days: number) =>
    decideEntry(enter({ again: { kind: 'after', ms: days * DAY } }), candidate(), [earlier()]);
  expect(after(10)).toMatchObject({ kind: 'enter' });
  expect(after(11)).toMatchObject({ reason: 'again_too_soon', detail: { free_at: T0 + DAY } });
});

it('an active enrolment is left alone even with again: always', () => {
  expect(
    decideEntry(enter({ again: { kind: 'always' } }), candidate(), [earlier({ active: true })]),
  ).toMatchObject({ reason: 'already_active' });
});

it('per keeps keys apart, by value and kind', () => {
  const per = enter({ per: ['invoice', 'id'] });
  expect(
    decideEntry(per, candidate({ invoice: { id: 'in_2' } }), [
      earlier({ perKey: 's:in_1', active: true }),
    ]),
  ).toEqual({ kind: 'enter', perKey: 's:in_2' });
  expect(
    decideEntry(per, candidate({ invoice: { id: 'in_1' } }), [
      earlier({ perKey: 's:in_1', active: true }),
    ]),
  ).toMatchObject({ reason: 'already_active' });
  expect(decideEntry(per, candidate({ invoice: {} }), [])).toMatchObject({
    reason: 'needs',
    detail: { missing: ['invoice.id'] },
  });
  expect(keyOf('1')).not.toBe(keyOf(1));
});

it('needs names every missing field', () => {
  expect(
    decideEntry(enter({ needs: [['plan'], ['a', 'b']] }), candidate({ plan: 'pro' }), []),
  ).toMatchObject({ reason: 'needs', detail: { missing: ['a.b'] } });
});

it('reads own properties only', () => {
  expect(valueAt({}, ['constructor', 'name'])).toBeUndefined();
  expect(valueAt(JSON.parse('{"__proto__": {"x": 1}}'), ['x'])).toBeUndefined();
});

describe('an occurrence', () => {
  const always = { again: { kind: 'always' } } as const;
  const inOne = (overrides: Partial<EarlierEnrolment> = {}) =>
    earlier({ trigger: 'broadcast:one', perKey: 'o:one', ...overrides });

  it('is the key where there is no per: one under way does not stand in the way of the next', () => {
    expect(decideEntry(enter(always), candidate({}, 'two'), [inOne({ active: true })])).toEqual({
      kind: 'enter',
      perKey: 'o:two',
    });
  });

  it('gives way to per', () => {
    const per = enter({ per: ['issue'], ...always });
    expect(decideEntry(per, candidate({ issue: 7 }, 'two'), [])).toEqual({
      kind: 'enter',
      perKey: 'v:7',
    });
  });

  it('makes nobody enter twice whom a written again: keeps out', () => {
    expect(decideEntry(enter(), candidate({}, 'two'), [inOne()])).toMatchObject({
      reason: 'again_never',
    });
    const after = enter({ again: { kind: 'after', ms: 11 * DAY } });
    expect(decideEntry(after, candidate({}, 'two'), [inOne()])).toMatchObject({
      reason: 'again_too_soon',
    });
  });

  it('counts those who came by request, and none that a value of an earlier per tells apart', () => {
    expect(decideEntry(enter(), candidate({}, 'two'), [earlier()])).toMatchObject({
      reason: 'again_never',
    });
    expect(
      decideEntry(enter(), candidate({}, 'two'), [earlier({ perKey: 's:o:two' })]),
    ).toMatchObject({ kind: 'enter' });
  });
});

it('if_active: a key under way is refreshed or restarted whatever again says, one that is over is not', () => {
  const under = [earlier({ active: true })];
  expect(decideEntry(enter({ ifActive: 'refresh' }), candidate(), under)).toEqual({
    kind: 'refresh',
    perKey: '',
  });
  expect(decideEntry(enter({ ifActive: 'restart' }), candidate(), under)).toMatchObject({
    kind: 'restart',
  });
  expect(decideEntry(enter({ ifActive: 'restart' }), candidate(), [earlier()])).toMatchObject({
    reason: 'again_never',
  });
});

it('a schedule: the same hour of the wall clock once, another hour anew; per keeps its values apart', () => {
  const schedule = (rest: Partial<Entry> = {}): Entry =>
    enter({ kind: 'schedule', again: { kind: 'always' }, ...rest });
  const had = [earlier({ trigger: 'broadcast:1', perKey: 'o:2026-01-07T10:00' })];
  expect(decideEntry(schedule(), candidate({}, '2026-01-07T10:00'), had)).toEqual({
    kind: 'known',
  });
  expect(decideEntry(schedule(), candidate({}, '2026-01-14T10:00'), had)).toMatchObject({
    kind: 'enter',
  });
  const per = schedule({ per: ['date'], again: { kind: 'never' } });
  const day = [earlier({ perKey: 's:2026-01-07' })];
  expect(
    decideEntry(per, candidate({ date: '2026-01-07' }, '2026-01-07T18:00'), day),
  ).toMatchObject({ reason: 'again_never' });
});

it.each(['event', 'trait', 'date', 'schedule', 'segment', 'broadcast', 'api'] as const)(
  'by %s: needs and per are what the data have, whatever brings them',
  (kind) => {
    const one = enter({ kind, needs: [['a', 'b']], per: ['k'] });
    expect(decideEntry(one, candidate({ a: { b: null } }), [])).toMatchObject({
      reason: 'needs',
      detail: { missing: ['a.b', 'k'] },
    });
    expect(decideEntry(one, candidate({ a: { b: 0 }, k: 7 }), [])).toEqual({
      kind: 'enter',
      perKey: 'v:7',
    });
  },
);
