/**
 * What a condition asks of a score, in thousandths. Out: the truth as SQL over a value, and the numbers at which it may turn: the
 * truth at such a number is another one than just below it. Pure.
 */
import type { NumberTest, Scalar } from '../language/definitions.js';
import {
  boundsOf,
  thousandths,
  type ScoreCondition,
  type ScoreRankCondition,
} from '../language/scores/score-shapes.js';

/** Of its number or band. */
type Asked = Exclude<ScoreCondition, ScoreRankCondition>;
type Bind = (number: number) => string;

export function scoreTests(condition: Asked): {
  passes: (value: string, bind: Bind) => string;
  cuts: number[];
} {
  const cuts = cutsOf(condition);
  const { range } = condition.of;
  return {
    passes: (value, bind) => passes(condition, value, bind),
    // Beyond its range a score does not go.
    cuts: [...new Set(cuts)]
      .filter(
        (cut) => range === null || (cut > thousandths(range[0]) && cut <= thousandths(range[1])),
      )
      .toSorted((a, b) => a - b),
  };
}

function passes(condition: Asked, value: string, bind: Bind): string {
  if ('tests' in condition)
    return condition.tests.map((test) => `(${passesTest(test, value, bind)})`).join(' and ');
  const { from, below } = boundsOf(condition.of, condition.band);
  const within = `${value} >= ${bind(from)}${below === null ? '' : ` and ${value} < ${bind(below)}`}`;
  return condition.negated ? `not (${within})` : within;
}

function passesTest(test: NumberTest, value: string, bind: Bind): string {
  const said = plainTest(test, value, (number) => bind(thousandths(Number(number))));
  return test.negated ? `not (${said})` : said;
}

function plainTest(test: NumberTest, value: string, bind: (number: Scalar) => string): string {
  switch (test.op) {
    case 'is':
      return `${value} = ${bind(test.value)}`;
    case 'in':
      return `${value} in (${test.values.map(bind).join(', ')})`;
    case 'more_than':
      return `${value} > ${bind(test.value)}`;
    case 'less_than':
      return `${value} < ${bind(test.value)}`;
    case 'at_least':
      return `${value} >= ${bind(test.value)}`;
    case 'at_most':
      return `${value} <= ${bind(test.value)}`;
    case 'between':
      return `${value} between ${bind(test.low)} and ${bind(test.high)}`;
  }
}

function cutsOf(condition: Asked): number[] {
  if ('tests' in condition) return condition.tests.flatMap(cutsOfTest);
  const { from, below } = boundsOf(condition.of, condition.band);
  return below === null ? [from] : [from, below];
}

function cutsOfTest(test: NumberTest): number[] {
  const at = (number: Scalar): number => thousandths(Number(number));
  switch (test.op) {
    case 'at_least':
    case 'less_than':
      return [at(test.value)];
    case 'more_than':
    case 'at_most':
      return [at(test.value) + 1];
    case 'between':
      return [at(test.low), at(test.high) + 1];
    case 'is':
      return [at(test.value), at(test.value) + 1];
    case 'in':
      return test.values.flatMap((value) => [at(value), at(value) + 1]);
  }
}
