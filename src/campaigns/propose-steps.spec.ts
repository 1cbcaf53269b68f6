/** Where those go on who stand at a step that has another name now. */
import type { Step } from '../language/definitions.js';
import { proposeSteps } from './propose-steps.js';

const step = (id: string, rest: object = {}): Step =>
  ({ id, if: null, kind: id.startsWith('wait:') ? 'wait' : 'send', ...rest }) as Step;
const steps = (...ids: (string | Step)[]) => ({
  steps: ids.map((one) => (typeof one === 'string' ? step(one) : one)),
});

it('a wait that is called after the mail behind it, when that mail is renamed', () => {
  const before = steps('reminder', 'wait:offer', 'offer', 'wait:feedback', 'feedback');
  const after = steps('reminder', 'wait:bargain', 'bargain', 'wait:feedback', 'feedback');
  expect(proposeSteps(before, after)).toEqual({ 'wait:offer': 'wait:bargain', offer: 'bargain' });
});

it('several in one gap, each for its own', () => {
  const before = steps('a', 'wait:b', 'b', 'wait:c', 'c');
  const after = steps('a', 'wait:x', 'x', 'wait:y', 'y');
  expect(proposeSteps(before, after)).toEqual({
    'wait:b': 'wait:x',
    b: 'x',
    'wait:c': 'wait:y',
    c: 'y',
  });
});

it('nothing for what is gone for good, has another kind now, stood elsewhere, or is there still', () => {
  expect(proposeSteps(steps('a', 'wait:b', 'b'), steps('a'))).toEqual({});
  expect(proposeSteps(steps('a', 'wait:b', 'c'), steps('a', 'd', 'c'))).toEqual({});
  expect(proposeSteps(steps('wait:a', 'b', 'c'), steps('b', 'wait:d', 'c'))).toEqual({});
  expect(proposeSteps(steps('a', 'b'), steps('b', 'a', 'c'))).toEqual({});
});

it('inside of another step, in the same arm', () => {
  const repeat = (...ids: string[]): Step =>
    step('repeat', { kind: 'repeat', steps: ids.map((id) => step(id)) });
  const before = steps('a', repeat('wait:b', 'b'));
  expect(proposeSteps(before, steps('a', repeat('wait:c', 'c')))).toEqual({
    'wait:b': 'wait:c',
    b: 'c',
  });
  expect(proposeSteps(before, steps('a', 'wait:c', 'c'))).toEqual({});
});
