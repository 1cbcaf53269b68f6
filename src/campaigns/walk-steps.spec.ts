/** Walking the steps: waits, branches, skips, exits, and asking for conditions. */
import type { CampaignDefinition, Condition, Step } from '../language/definitions.js';
import { awaitedSend, toProgram } from './program.js';
import type { Walk } from './walk-steps.js';
import { resumeWalk, startWalk, walkSteps } from './walk-steps.js';

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
  const walk = startWalk(program(threeMails), T0, 'UTC');
  const result = walkSteps(program(threeMails), walk, () => null);
  expect(result).toEqual({ kind: 'waits', step: 'wait:offer', dueAt: T0 + 7 * 86_400_000 });
  expect(outcomes(walk)).toEqual(['reminder=sent']);
});

it('goes on behind a wait that is over and completes behind the last step', () => {
  const walk = resumeWalk('wait:feedback', T0, T0 + 10 * 86_400_000, 'UTC');
  expect(walkSteps(program(threeMails), walk, () => null)).toEqual({
    kind: 'ended',
    reason: 'completed',
    because: null,
  });
  expect(outcomes(walk)).toEqual(['wait:feedback=waited', 'feedback=sent']);
  expect(walk.settled[0]).toMatchObject({ arrivedAt: T0, settledAt: T0 + 10 * 86_400_000 });
});

it('a refused send is settled with its reason and the walk goes on', () => {
  const walk = startWalk(program(threeMails), T0, 'UTC');
  expect(walkSteps(program(threeMails), walk, () => 'no_address').kind).toBe('waits');
  expect(outcomes(walk)).toEqual(['reminder=skipped:no_address']);
});

it('asks for a condition and goes on with the answer; undecided is not true', () => {
  const steps = program([send('tips', isPro), send('bye')]);
  for (const [holds, expected] of [
    [true, 'tips=sent'],
    [false, 'tips=skipped:if'],
    [null, 'tips=skipped:if'],
  ] as const) {
    const walk = startWalk(steps, T0, 'UTC');
    expect(walkSteps(steps, walk, () => null)).toEqual({
      kind: 'needs',
      key: 'tips#if',
      condition: isPro,
    });
    expect(walk.settled).toEqual([]);
    walk.answers.set('tips#if', holds);
    expect(walkSteps(steps, walk, () => null).kind).toBe('ended');
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
  const pro = startWalk(steps, T0, 'UTC');
  pro.answers.set('b#0', true);
  walkSteps(steps, pro, () => null);
  expect(outcomes(pro)).toEqual(['b=branch:0', 'pro=sent', 'all=sent']);

  const free = startWalk(steps, T0, 'UTC');
  free.answers.set('b#0', false);
  expect(walkSteps(steps, free, () => null)).toMatchObject({ kind: 'waits', step: 'wait:free' });
});

it('a branch without a fitting arm is passed by', () => {
  const steps = program([
    { id: 'b', if: null, kind: 'branch', arms: [{ if: isPro, then: [send('pro')] }] },
    send('all'),
  ]);
  const walk = startWalk(steps, T0, 'UTC');
  walk.answers.set('b#0', null);
  walkSteps(steps, walk, () => null);
  expect(outcomes(walk)).toEqual(['b=branch:-1', 'all=sent']);
});

it('an exit step ends with its reason and leaves the rest alone', () => {
  const steps = program([
    { id: 'x', if: null, kind: 'exit', reason: 'waits_for_release' },
    send('never'),
  ]);
  const walk = startWalk(steps, T0, 'UTC');
  expect(walkSteps(steps, walk, () => null)).toEqual({
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
    { id: 'past', if: null, kind: 'wait_until', until: { kind: 'instant', at: T0 - 1 } },
    send('now'),
  ]);
  const walk = startWalk(steps, T0, 'UTC');
  expect(walkSteps(steps, walk, () => null).kind).toBe('ended');
  expect(outcomes(walk)).toEqual(['w=waited', 'past=waited', 'now=sent']);
});

it('names the send that a wait waits for', () => {
  expect(awaitedSend(program(threeMails), 'wait:offer')).toBe('offer');
  expect(awaitedSend(program([wait('wait:end', 1)]), 'wait:end')).toBeNull();
});
