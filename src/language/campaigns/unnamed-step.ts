/** A step between reading and naming: ids are derived once all steps of the campaign are known. */
import type { Scope } from '../conditions/scope.js';
import type { Step } from '../definitions.js';
import type { Reading } from '../reading.js';
import type { Node } from '../syntax/nodes.js';

/** What a step does, without the keys every step has. */
export type StepBody = Step extends infer S
  ? S extends Step
    ? Omit<S, 'id' | 'if'>
    : never
  : never;
export type UnnamedStep = { id: string | null; if: Step['if'] } & StepBody;

/** Ids come last (`nameSteps` walks into lists): until then the steps inside others are unnamed ones. */
export function named(steps: UnnamedStep[]): Step[] {
  return steps as Step[];
}

/** Reads a list of steps; handed to the readers of steps that hold steps. */
export type StepsReader = (
  reading: Reading,
  node: Node,
  what: string,
  scope: Scope,
) => UnnamedStep[] | undefined;
