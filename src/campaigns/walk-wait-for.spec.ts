/** wait_for: met at once, met later, timed out; and which way it goes on. */
import { NEVER, type Instant } from '../core/instant.js';
import type { CampaignDefinition, Condition, ExitRule, Step } from '../language/definitions.js';
import { toProgram } from './program.js';
import { resumeWalk, startWalk, walkSteps } from './walk-steps.js';
import type { Answer, Surroundings, Walk } from './walk.js';

const T0 = Date.parse('2026-01-05T12:00:00Z');
const HOUR = 3_600_000;
const send = (id: string): Step => ({
  id,
  if: null,
  kind: 'send',
  template: id,
  from: null,
  topic: null,
});
const isPro: Condition = { kind: 'trait', path: ['plan'], tests: [] };
const onEvent: ExitRule = {
  kind: 'event',
  match: { names: { kind: 'list', names: ['paid'] }, where: [] },
  same: null,
  label: 'event paid',
};
const onState: ExitRule = { kind: 'state', condition: isPro, label: 'trait plan' };
const waitFor = (rule: ExitRule, then: Step[] = [], other: Step[] = []): Step => ({
  id: 'w',
  if: null,
  kind: 'wait_for',
  rule,
  atMostMs: 4 * HOUR,
  then,
  else: other,
});
const around: Surroundings = {
  read: () => undefined,
  send: (_step, { skipped }) => skipped,
  armOf: () => '',
};
const left = (walk: Walk): string[] => walk.settled.map((one) => `${one.step}=${one.outcome}`);

/** Stands at the wait since T0; `answer` is what the database says now. */
function stand(step: Step, at: Instant, o: { met?: boolean; answer?: Answer } = {}) {
  const program = toProgram({ steps: [step, send('behind')] } as CampaignDefinition);
  const begin = { at, zone: 'UTC', around };
  const walk =
    at === T0
      ? startWalk(program, begin)
      : resumeWalk({ step: 'w', arrivedAt: T0, met: o.met ?? false }, begin);
  if (o.answer) walk.answers.set('w/0#met', o.answer);
  return { result: walkSteps(program, walk), left: left(walk) };
}
const no = (changesAt: Instant = NEVER): Answer => ({ holds: false, changesAt });

it('an event is waited for until the time is over, and nothing is asked', () => {
  const step = waitFor(onEvent, [send('then')], [send('else')]);
  expect(stand(step, T0)).toEqual({
    result: { kind: 'waits', step: 'w', dueAt: T0 + 4 * HOUR, watchAt: NEVER },
    left: [],
  });
  expect(stand(step, T0 + HOUR, { met: true }).left).toEqual(['w=met', 'then=sent', 'behind=sent']);
  expect(stand(step, T0 + 4 * HOUR).left).toEqual(['w=timed_out', 'else=sent', 'behind=sent']);
});

it('the event of the last instant has come in time', () => {
  expect(stand(waitFor(onEvent), T0 + 4 * HOUR, { met: true }).left[0]).toBe('w=met');
});

it('a state that is true at once is met at once', () => {
  const step = waitFor(onState, [send('then')]);
  expect(stand(step, T0).result).toEqual({ kind: 'needs', key: 'w/0#met', condition: isPro });
  expect(stand(step, T0, { answer: { holds: true, changesAt: NEVER } }).left).toEqual([
    'w=met',
    'then=sent',
    'behind=sent',
  ]);
});

it('a state is asked again when it may have changed, and at the end', () => {
  const step = waitFor(onState, [], [send('else')]);
  expect(stand(step, T0, { answer: no(T0 + 2 * HOUR) }).result).toMatchObject({
    dueAt: T0 + 4 * HOUR,
    watchAt: T0 + 2 * HOUR,
  });
  const end = T0 + 4 * HOUR;
  expect(stand(step, end, { answer: { holds: true, changesAt: NEVER } }).left[0]).toBe('w=met');
  expect(stand(step, end, { answer: no() }).left).toEqual([
    'w=timed_out',
    'else=sent',
    'behind=sent',
  ]);
  expect(stand(step, end, { answer: { holds: null, changesAt: NEVER } }).left[0]).toBe(
    'w=timed_out',
  );
});

it('ways without steps go on behind the wait', () => {
  expect(stand(waitFor(onEvent), T0 + HOUR, { met: true }).left).toEqual(['w=met', 'behind=sent']);
  expect(stand(waitFor(onEvent), T0 + 4 * HOUR).left).toEqual(['w=timed_out', 'behind=sent']);
});
