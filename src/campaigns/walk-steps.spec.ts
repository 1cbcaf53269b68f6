/** Walking the steps: waits, branches, skips, exits, and asking for conditions. */
import { NEVER } from '../core/instant.js';
import type { CampaignDefinition, Condition, Step } from '../language/definitions.js';
import { awaitedSend, toProgram } from './program.js';
import type { Program } from './program.js';
import { resumeWalk, startWalk, walkSteps } from './walk-steps.js';
import type { Surroundings, Walk } from './walk.js';

const T0 = Date.parse('2026-01-05T14:30:00Z');
const isPro: Condition = {
  kind: 'trait',
  path: ['plan'],
  tests: [{ op: 'is', value: 'pro', negated: false }],
};

function program(steps: Step[]) {
  return toProgram({ steps } as CampaignDefinition);
}
const send = (id: string, condition: Condition | null = null): Step => ({
  id,
  if: condition,
  kind: 'send',
  template: id,
  from: null,
  topic: null,
});
const wait = (id: string, days: number): Step => ({
  id,
  if: null,
  kind: 'wait',
  duration: { count: days, unit: 'day' },
  at: null,
});
/** Nothing is known of the profile, and every mail goes out. */
const around: Surroundings = {
  read: () => undefined,
  send: (_step, { skipped }) => skipped,
  armOf: () => '',
};
const begin = (program: Program, rest: Partial<Surroundings> = {}): Walk =>
  startWalk(program, { at: T0, zone: 'UTC', around: { ...around, ...rest } });
const outcomes = (walk: Walk): string[] =>
  walk.settled.map((step) => `${step.step}=${step.outcome}`);

const threeMails = [
  send('reminder'),
  wait('wait:offer', 7),
  send('offer'),
  wait('wait:feedback', 10),
  send('feedback'),
];

it('sends at once, then waits', () => {
  const walk = begin(program(threeMails));
  const result = walkSteps(program(threeMails), walk);
  expect(result).toEqual({
    kind: 'waits',
    step: 'wait:offer',
    dueAt: T0 + 7 * 86_400_000,
    watchAt: NEVER,
  });
  expect(outcomes(walk)).toEqual(['reminder=sent']);
});

it('goes on behind a wait that is over and completes behind the last step', () => {
  const walk = resumeWalk(
    { step: 'wait:feedback', arrivedAt: T0 },
    { at: T0 + 10 * 86_400_000, zone: 'UTC', around },
  );
  expect(walkSteps(program(threeMails), walk)).toEqual({
    kind: 'ended',
    reason: 'completed',
    because: null,
  });
  expect(outcomes(walk)).toEqual(['wait:feedback=waited', 'feedback=sent']);
  expect(walk.settled[0]).toMatchObject({ arrivedAt: T0, settledAt: T0 + 10 * 86_400_000 });
});

it('a refused send is settled with its reason and the walk goes on', () => {
  const walk = begin(program(threeMails), { send: () => 'no_address' });
  expect(walkSteps(program(threeMails), walk).kind).toBe('waits');
  expect(outcomes(walk)).toEqual(['reminder=skipped:no_address']);
});

it('asks for a condition and goes on with the answer; undecided is not true', () => {
  const steps = program([send('tips', isPro), send('bye')]);
  for (const [holds, expected] of [
    [true, 'tips=sent'],
    [false, 'tips=skipped:if'],
    [null, 'tips=skipped:if'],
  ] as const) {
    const walk = begin(steps);
    expect(walkSteps(steps, walk)).toEqual({
      kind: 'needs',
      key: 'tips/0#if',
      condition: isPro,
    });
    expect(walk.settled).toEqual([]);
    walk.answers.set('tips/0#if', { holds: holds, changesAt: NEVER });
    expect(walkSteps(steps, walk).kind).toBe('ended');
    expect(outcomes(walk)[0]).toBe(expected);
  }
});

it('a branch takes the first true arm, else the else arm, and comes back to what follows', () => {
  const steps = program([
    {
      id: 'b',
      if: null,
      kind: 'branch',
      arms: [
        { if: isPro, then: [send('pro')] },
        { if: null, then: [wait('wait:free', 1), send('free')] },
      ],
    },
    send('all'),
  ]);
  const pro = begin(steps);
  pro.answers.set('b/0#0', { holds: true, changesAt: NEVER });
  walkSteps(steps, pro);
  expect(outcomes(pro)).toEqual(['b=branch:0', 'pro=sent', 'all=sent']);

  const free = begin(steps);
  free.answers.set('b/0#0', { holds: false, changesAt: NEVER });
  expect(walkSteps(steps, free)).toMatchObject({ kind: 'waits', step: 'wait:free' });
});

it('a branch without a fitting arm is passed by', () => {
  const steps = program([
    { id: 'b', if: null, kind: 'branch', arms: [{ if: isPro, then: [send('pro')] }] },
    send('all'),
  ]);
  const walk = begin(steps);
  walk.answers.set('b/0#0', { holds: null, changesAt: NEVER });
  walkSteps(steps, walk);
  expect(outcomes(walk)).toEqual(['b=branch:-1', 'all=sent']);
});

it('an exit step ends with its reason and leaves the rest alone', () => {
  const steps = program([
    { id: 'x', if: null, kind: 'exit', reason: 'waits_for_release' },
    send('never'),
  ]);
  const walk = begin(steps);
  expect(walkSteps(steps, walk)).toEqual({
    kind: 'ended',
    reason: 'exited',
    because: 'exit: waits_for_release',
  });
  expect(outcomes(walk)).toEqual(['x=exited']);
});

it('a time that is already reached does not wait', () => {
  const steps = program([
    {
      id: 'w',
      if: null,
      kind: 'wait_until',
      until: { kind: 'time', at: { hour: 14, minute: 30 }, days: null },
    },
    { id: 'now', if: null, kind: 'wait_until', until: { kind: 'instant', at: T0 } },
    send('a'),
  ]);
  const walk = begin(steps);
  expect(walkSteps(steps, walk).kind).toBe('ended');
  expect(outcomes(walk)).toEqual(['w=waited', 'now=waited', 'a=sent']);
});

it('names the send that a wait waits for', () => {
  expect(awaitedSend(program(threeMails), 'wait:offer')).toBe('offer');
  expect(awaitedSend(program([wait('wait:end', 1)]), 'wait:end')).toBeNull();
});
