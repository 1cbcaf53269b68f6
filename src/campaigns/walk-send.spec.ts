/** What a send says: literals, values of other things, what is counted, and the first choice that fits. */
import type { CampaignDefinition, Condition, Step, StepValue } from '../language/definitions.js';
import { toProgram } from './program.js';
import type { SendAt, Surroundings } from './walk.js';
import { startWalk, walkSteps } from './walk-steps.js';

const condition = (name: string): Condition => ({ kind: 'trait', path: [name], tests: [] });
const literal = (value: unknown): StepValue => ({ kind: 'literal', value });
const count: StepValue = {
  kind: 'measure',
  names: { kind: 'any' },
  where: [],
  window: { kind: 'ever' },
  show: 'count',
  of: null,
};

/** Walks one send; `truths` by the trait of a condition, `counted` for every measure. */
function send(
  values: Record<string, StepValue>,
  truths: Record<string, boolean | null> = {},
  counted: number | null = 7,
) {
  const step = {
    id: 'a',
    if: null,
    kind: 'send',
    template: 't',
    from: null,
    topic: null,
    with: values,
  } as Step;
  const program = toProgram({ steps: [step] } as unknown as CampaignDefinition);
  const sent: SendAt[] = [];
  const asked: string[] = [];
  const around: Surroundings = {
    read: (from, path) =>
      ({ profile: { plan: 'pro' }, account: {}, entry: { items: [1, 2], none: null } })[from][
        path[0] as 'plan'
      ],
    send: (_, sending) => {
      sent.push(sending);
      return sending.skipped;
    },
    armOf: () => '',
  };
  const walk = startWalk(program, { at: 0, zone: 'UTC', around });
  for (;;) {
    const result = walkSteps(program, walk);
    if (result.kind === 'ended') break;
    if (result.kind === 'needs') {
      const name = (result.condition as { path: string[] }).path.join('.');
      asked.push(name);
      walk.answers.set(result.key, { holds: truths[name] ?? null, changesAt: Infinity });
    } else if (result.kind === 'measures') {
      asked.push('count');
      walk.measured.set(result.key, counted);
    } else throw new Error(result.kind);
  }
  return { ...sent.at(0), asked, outcome: walk.settled.at(0)?.outcome };
}

it('says what is written, what things are, and leaves out what is missing', () => {
  expect(
    send({
      a: literal(1),
      b: { kind: 'value_of', from: 'entry', path: ['items'] },
      c: { kind: 'value_of', from: 'with', path: ['b', '0'] },
      d: { kind: 'value_of', from: 'account', path: ['name'] },
      e: { kind: 'value_of', from: 'entry', path: ['none'] },
      f: count,
    }),
  ).toMatchObject({
    values: { a: 1, b: [1, 2], f: 7 },
    asked: ['count'],
    skipped: null,
    outcome: 'sent',
  });
});

it('takes the first choice that is true, and asks nothing behind it', () => {
  const offer: StepValue = {
    kind: 'choose',
    arms: [
      { if: condition('rich'), use: literal('15%') },
      { if: condition('loyal'), use: count },
      { if: null, use: literal('5%') },
    ],
  };
  expect(send({ offer }, { rich: true })).toMatchObject({
    values: { offer: '15%' },
    asked: ['rich'],
  });
  expect(send({ offer }, { loyal: true })).toMatchObject({
    values: { offer: 7 },
    asked: ['rich', 'loyal', 'count'],
  });
  expect(send({ offer })).toMatchObject({ values: { offer: '5%' }, asked: ['rich', 'loyal'] });
});

it('has nothing to say when no choice fits; a measure without a number is only missing', () => {
  const offer: StepValue = { kind: 'choose', arms: [{ if: condition('rich'), use: literal(1) }] };
  expect(send({ a: literal(1), offer })).toMatchObject({
    values: {},
    skipped: 'nothing_to_say',
    outcome: 'skipped:nothing_to_say',
  });
  expect(send({ a: literal(1), n: count }, {}, null)).toMatchObject({
    values: { a: 1 },
    outcome: 'sent',
  });
});
