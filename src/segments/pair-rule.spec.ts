import { NEVER } from '../core/instant.js';
import type { NumberTest, Sequence } from '../language/definitions.js';
import { judgePair, pairRule } from './pair-rule.js';

const MINUTE = 60_000;
const by = { names: { kind: 'list' as const, names: ['saved'] }, where: [] };
const test = (op: 'more_than' | 'less_than', minutes: number): NumberTest => ({
  op,
  value: minutes * MINUTE,
  negated: false,
});
const followed = (within: number | null, took: NumberTest[] | null): Sequence => ({
  kind: 'followed_by',
  by,
  same: null,
  withinMs: within === null ? null : within * MINUTE,
  took,
});

/** `[holds, changesAt]` in minutes after the event. */
function judge(sequence: Sequence, answer: number | null, at: number): [boolean, number] {
  const { holds, changesAt } = judgePair(pairRule(sequence), {
    event: 0,
    answer: answer === null ? null : answer * MINUTE,
    at: at * MINUTE,
  });
  return [holds, changesAt / MINUTE];
}

describe('a pair', () => {
  it('is followed from its answer on, if that came in time', () => {
    expect(judge(followed(10, null), null, 5)).toEqual([false, NEVER]);
    expect(judge(followed(10, null), 10, 10)).toEqual([true, NEVER]);
    expect(judge(followed(10, null), 10.001, 11)).toEqual([false, NEVER]);
    expect(judge(followed(null, null), 999, 999)).toEqual([true, NEVER]);
  });

  it('is not followed from the end of the time on, until an answer comes', () => {
    const sequence: Sequence = { kind: 'not_followed_by', by, same: null, withinMs: 10 * MINUTE };
    expect(judge(sequence, null, 9)).toEqual([false, 10]);
    expect(judge(sequence, null, 10)).toEqual([true, NEVER]);
    expect(judge(sequence, 10, 10)).toEqual([false, NEVER]);
    expect(judge(sequence, 99, 99)).toEqual([false, NEVER]);
  });

  it('took long as soon as it did, answered or not', () => {
    const slow = followed(null, [test('more_than', 10)]);
    expect(judge(slow, null, 10)).toEqual([false, 10 + 1 / MINUTE]);
    expect(judge(slow, null, 11)).toEqual([true, NEVER]);
    expect(judge(slow, 11, 12)).toEqual([true, NEVER]);
    expect(judge(slow, 9, 12)).toEqual([false, NEVER]);
  });

  it('took a short time only once it is answered', () => {
    const quick = followed(null, [test('less_than', 10)]);
    expect(judge(quick, null, 1)).toEqual([false, NEVER]);
    expect(judge(quick, 9, 9)).toEqual([true, NEVER]);
  });

  it('is unanswered when the answer came too late', () => {
    const slow = followed(20, [test('more_than', 10)]);
    expect(judge(slow, 21, 22)).toEqual([true, NEVER]);
    expect(judge(followed(20, [test('less_than', 30)]), 21, 22)).toEqual([false, NEVER]);
  });
});
