/** Waits for dates: when they are over, and what happens when the date has passed or is not there. */
import { NEVER } from '../core/instant.js';
import type {
  CampaignDefinition,
  DateOffset,
  Step,
  Unresolved,
  WaitUntil,
} from '../language/definitions.js';
import { toProgram } from './program.js';
import { resumeWalk, startWalk, walkSteps } from './walk-steps.js';
import type { Surroundings, Walk } from './walk.js';

const T0 = Date.parse('2026-03-20T10:00:00Z');
const DAY = 86_400_000;
const nine = { hour: 9, minute: 0 };
const send = (id: string): Step => ({
  id,
  if: null,
  kind: 'send',
  template: id,
  from: null,
  topic: null,
});
const until = (
  of: WaitUntil,
  ifPast: Unresolved = 'skip',
  ifMissing: Unresolved = 'skip',
): Step => ({ id: 'w', if: null, kind: 'wait_until', until: of, ifPast, ifMissing });
const date = (rest: Partial<DateOffset> = {}): WaitUntil => ({
  kind: 'date',
  from: 'trait',
  path: ['ends', 'on'],
  shift: null,
  at: nine,
  ...rest,
});
const before = (count: number, unit: 'day' | 'month' | 'hour') =>
  ({ count, unit, direction: 'before' }) as const;

function run(steps: Step[], value: unknown, o: { zone?: string; at?: number } = {}) {
  const skips: string[] = [];
  const around: Surroundings = {
    read: (from, path) => (from === 'profile' && path.join('.') === 'ends.on' ? value : undefined),
    armOf: () => '',
    send: (step, { skipped }) => {
      if (skipped) skips.push(`${step.id} ${skipped}`);
      return skipped;
    },
  };
  const program = toProgram({ steps } as CampaignDefinition);
  const walk = startWalk(program, { at: o.at ?? T0, zone: o.zone ?? 'UTC', around });
  const result = walkSteps(program, walk);
  return { result, skips, left: left(walk), program, around };
}
const left = (walk: Walk): string[] => walk.settled.map((one) => `${one.step}=${one.outcome}`);
const due = (value: unknown, of: WaitUntil, zone = 'UTC'): string | number | null => {
  const { result } = run([until(of), send('a')], value, { zone });
  if (result.kind !== 'waits') return null;
  return result.dueAt === NEVER ? NEVER : new Date(result.dueAt).toISOString();
};

describe('the day of a date', () => {
  it('is the day written, or the local day of an instant', () => {
    expect(due('2026-03-25', date(), 'America/New_York')).toBe('2026-03-25T13:00:00.000Z');
    expect(due('2026-03-25T02:00:00Z', date(), 'America/New_York')).toBe(
      '2026-03-24T13:00:00.000Z',
    );
  });

  it('moves by the calendar, keeps its time across a change of clocks, and clamps months', () => {
    expect(due('2026-04-01', date({ shift: before(3, 'day') }), 'Europe/Berlin')).toBe(
      '2026-03-29T07:00:00.000Z',
    );
    expect(due('2026-05-31', date({ shift: before(1, 'month') }))).toBe('2026-04-30T09:00:00.000Z');
    const after = { count: 1, unit: 'day', direction: 'after' } as const;
    expect(due('2026-03-20', date({ shift: after }))).toBe('2026-03-21T09:00:00.000Z');
  });

  it('a wall time that a change of clocks leaves out is the first instant after it', () => {
    const half = { hour: 2, minute: 30 };
    expect(due('2026-03-29', date({ at: half }), 'Europe/Berlin')).toBe('2026-03-29T01:00:00.000Z');
  });

  it('in hours counts from the instant itself; a day has none', () => {
    const of = date({ shift: before(2, 'hour'), at: null });
    expect(due('2026-03-25T10:00:00+02:00', of)).toBe('2026-03-25T06:00:00.000Z');
    expect(run([until(of)], '2026-03-25').left).toEqual(['w=unresolved:missing']);
  });

  it('beyond the last day that can be named is never', () => {
    const after = { count: 100, unit: 'year', direction: 'after' } as const;
    expect(due('9999-12-31', date({ shift: after }))).toBe(NEVER);
  });
});

describe('what cannot be waited for', () => {
  const list = [until(date()), send('a'), { ...send('x'), kind: 'exit', reason: 'r' } as Step];
  const wait: Step = {
    id: 'then',
    if: null,
    kind: 'wait',
    duration: { count: 1, unit: 'day' },
    at: null,
  };

  it.each([[undefined], [null], [5], ['soon'], ['2026-02-30'], ['2026-03-25T10:00']])(
    '%p is no date',
    (value) => {
      expect(run([until(date()), send('a')], value).left[0]).toBe('w=unresolved:missing');
    },
  );

  it('skip passes the steps by, visibly, up to the next wait of the same list', () => {
    const { result, left, skips } = run([...list, wait, send('b')], undefined);
    expect(left).toEqual([
      'w=unresolved:missing',
      'a=skipped:unresolved_wait',
      'x=skipped:unresolved_wait',
    ]);
    expect(skips).toEqual(['a unresolved_wait']);
    expect(result).toEqual({ kind: 'waits', step: 'then', dueAt: T0 + DAY, watchAt: NEVER });
  });

  it('skip ends with its own list: what follows the branch is not passed by', () => {
    const branch: Step = {
      id: 'b',
      if: null,
      kind: 'branch',
      arms: [{ if: null, then: [until(date()), send('inside')] }],
    };
    expect(run([branch, send('behind')], '2026-03-01').left).toEqual([
      'b=branch:0',
      'w=unresolved:past',
      'inside=skipped:unresolved_wait',
      'behind=sent',
    ]);
  });

  it('continue goes on, exit ends with what was wrong', () => {
    const missing = run([until(date(), 'skip', 'continue'), send('a')], undefined);
    expect(missing.left).toEqual(['w=unresolved:missing', 'a=sent']);
    const past = run([until(date(), 'exit'), send('a')], '2026-03-19');
    expect(past.result).toEqual({ kind: 'ended', reason: 'exited', because: 'exit: date_past' });
    expect(run([until(date(), 'skip', 'exit')], 0).result).toMatchObject({
      because: 'exit: date_missing',
    });
  });

  it('the very instant has not passed', () => {
    const at = Date.parse('2026-03-20T09:00:00Z');
    expect(run([until(date()), send('a')], '2026-03-20', { at }).left).toEqual([
      'w=waited',
      'a=sent',
    ]);
    expect(run([until(date()), send('a')], '2026-03-20', { at: at + 1 }).left[0]).toBe(
      'w=unresolved:past',
    );
  });

  it('a written moment that has passed is one too; versions from before go on', () => {
    const instant = until({ kind: 'instant', at: T0 - 1 });
    expect(run([instant, send('a')], null).left).toEqual([
      'w=unresolved:past',
      'a=skipped:unresolved_wait',
    ]);
    const old = { ...instant, ifPast: undefined } as unknown as Step;
    expect(run([old, send('a')], null).left).toEqual(['w=unresolved:past', 'a=sent']);
  });
});

describe('standing at a date', () => {
  it('waits for the date of now, whatever it was on arrival', () => {
    const { program, around } = run([until(date()), send('a')], '2026-04-10');
    const again = resumeWalk({ step: 'w', arrivedAt: T0 - DAY }, { at: T0, zone: 'UTC', around });
    expect(walkSteps(program, again)).toMatchObject({
      dueAt: Date.parse('2026-04-10T09:00:00Z'),
    });
    const passed = run([until(date()), send('a')], '2026-03-01');
    const late = resumeWalk(
      { step: 'w', arrivedAt: T0 - DAY },
      { at: T0, zone: 'UTC', around: passed.around },
    );
    walkSteps(passed.program, late);
    expect(left(late)).toEqual(['w=unresolved:past', 'a=skipped:unresolved_wait']);
  });
});
