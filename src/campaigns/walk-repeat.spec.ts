/** Rounds: when they begin, what they leave behind, and what a round does that takes longer than the interval. */
import { NEVER, type Instant } from '../core/instant.js';
import type { CampaignDefinition, Step } from '../language/definitions.js';
import { awaitedSend, toProgram } from './program.js';
import { resumeWalk, startWalk, walkSteps } from './walk-steps.js';
import type { Round, Surroundings, Walk } from './walk.js';

const T0 = Date.parse('2026-01-31T15:00:00Z');
const send = (id: string, condition: Step['if'] = null): Step => ({
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
const repeat = (
  times: number,
  steps: Step[],
  o: Partial<Extract<Step, { kind: 'repeat' }>> = {},
): Step => ({
  id: 'r',
  if: null,
  kind: 'repeat',
  times,
  every: { count: 1, unit: 'month' },
  at: { hour: 10, minute: 0 },
  steps,
  ...o,
});

const around: Surroundings = {
  read: () => undefined,
  send: (_step, { skipped }) => skipped,
  armOf: () => '',
};
const left = (walk: Walk): string[] =>
  walk.settled.map((one) => `${one.step}/${one.iteration}=${one.outcome}`);

/** Plays a campaign alone through time: every instant at which it went on, and what it left behind there. */
function play(steps: Step[], zone = 'UTC', answers: Record<string, boolean> = {}): string[] {
  const program = toProgram({ steps } as CampaignDefinition);
  const told: string[] = [];
  let at: Instant = T0;
  let place: { step: string; arrivedAt: Instant; round: Round | null } | null = null;
  for (let n = 0; n < 100; n++) {
    const begin = { at, zone, around };
    const walk: Walk = place ? resumeWalk(place, begin) : startWalk(program, begin);
    let result = walkSteps(program, walk);
    while (result.kind === 'needs') {
      walk.answers.set(result.key, { holds: answers[result.key] ?? true, changesAt: NEVER });
      result = walkSteps(program, walk);
    }
    told.push(...left(walk).map((line) => `${new Date(at).toISOString().slice(0, 16)} ${line}`));
    if (result.kind === 'ended') return [...told, result.reason];
    if (result.kind !== 'waits') throw new Error('it acts');
    place = { step: result.step, arrivedAt: walk.arrivedAt, round: walk.round };
    at = result.dueAt;
  }
  throw new Error('it does not end');
}

it('counts months from where it began: no drift, the last day clamped', () => {
  expect(play([repeat(3, [send('a')]), send('b')])).toEqual([
    '2026-02-28T10:00 r/1=round',
    '2026-02-28T10:00 a/1=sent',
    '2026-03-31T10:00 r/2=round',
    '2026-03-31T10:00 a/2=sent',
    '2026-04-30T10:00 r/3=round',
    '2026-04-30T10:00 a/3=sent',
    '2026-04-30T10:00 r/0=completed',
    '2026-04-30T10:00 b/0=sent',
    'completed',
  ]);
});

it('keeps its time of day across a change of clocks, and elapses in hours', () => {
  const weekly = repeat(9, [send('a')], { every: { count: 1, unit: 'week' } });
  const instants = play([weekly], 'Europe/Berlin').filter((line) => line.endsWith('a/8=sent'));
  expect(instants).toEqual(['2026-03-28T09:00 a/8=sent']);
  expect(play([weekly], 'Europe/Berlin')).toContain('2026-04-04T08:00 a/9=sent');
  const hourly = repeat(2, [send('a')], { every: { count: 36, unit: 'hour' }, at: null });
  expect(play([hourly])).toContain('2026-02-03T15:00 a/2=sent');
});

it('a round that takes longer holds up the next, which does not hold up the one behind it', () => {
  const daily = { every: { count: 1, unit: 'day' } as const, at: null };
  const slow = { ...wait('w', 2), if: { kind: 'trait', path: ['slow'], tests: [] } } as Step;
  const told = play([repeat(4, [slow, send('a')], daily)], 'UTC', {
    'w/2#if': false,
    'w/3#if': false,
    'w/4#if': false,
  });
  expect(told.filter((line) => line.includes('round') || line.includes('sent'))).toEqual([
    '2026-02-01T15:00 r/1=round',
    '2026-02-03T15:00 a/1=sent',
    // The second and the third were due at the latest now, and begin one after the other.
    '2026-02-03T15:00 r/2=round',
    '2026-02-03T15:00 a/2=sent',
    '2026-02-03T15:00 r/3=round',
    '2026-02-03T15:00 a/3=sent',
    '2026-02-04T15:00 r/4=round',
    '2026-02-04T15:00 a/4=sent',
  ]);
});

it('its own condition is asked once; those inside in every round', () => {
  const pro: Step['if'] = { kind: 'trait', path: ['plan'], tests: [] };
  const steps = [repeat(2, [send('a', pro)], { if: pro })];
  expect(play(steps, 'UTC', { 'a/1#if': false }).map((line) => line.slice(17))).toEqual([
    'r/1=round',
    'a/1=skipped:if',
    'r/2=round',
    'a/2=sent',
    'r/0=completed',
    '',
  ]);
  expect(play(steps, 'UTC', { 'r/0#if': false })).toEqual([
    '2026-01-31T15:00 r/0=skipped:if',
    'completed',
  ]);
});

it('an exit inside ends it all', () => {
  const out: Step = { id: 'x', if: null, kind: 'exit', reason: 'enough' };
  expect(play([repeat(3, [out, send('a')]), send('b')])).toEqual([
    '2026-02-28T10:00 r/1=round',
    '2026-02-28T10:00 x/1=exited',
    'exited',
  ]);
});

it('names what somebody between two rounds waits for', () => {
  const program = toProgram({ steps: [repeat(3, [send('a')]), send('b')] } as CampaignDefinition);
  expect(awaitedSend(program, 'r')).toBe('a');
  const silent = toProgram({ steps: [repeat(3, [wait('w', 1)]), send('b')] } as CampaignDefinition);
  expect(awaitedSend(silent, 'r')).toBe('b');
});
