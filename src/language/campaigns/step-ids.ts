/**
 * Step ids (language.md): given, or derived from what the step does, so that they stay stable when steps
 * move. `send: win-back/offer` -> `offer`; a wait takes the next step's, `wait:offer` (the last one of a list
 * is `wait:end`); a branch or a repeat the first step inside it, `branch:offer`; an exit its reason, `exit:done`;
 * what changes something what it changes, `set:vip`.
 * A derived id holds a colon unless it is a template's, so a given one never meets it by accident.
 */
import type { Step } from '../definitions.js';
import type { Reading } from '../reading.js';
import { listsIn, withLists } from '../steps.js';
import type { UnnamedStep } from './unnamed-step.js';

/** The same steps with ids; reports ids that occur twice in the campaign. */
export function nameSteps(reading: Reading, steps: UnnamedStep[]): Step[] {
  const named = nameList(reading, steps);
  reportCollisions(reading, named);
  return named;
}

function nameList(reading: Reading, steps: UnnamedStep[]): Step[] {
  const named: Step[] = [];
  let next: string | null = null;
  for (const step of steps.toReversed()) {
    const body = withLists(step, (list) => nameList(reading, list));
    const id: string = step.id ?? derivedId(body, next);
    named.push(reading.placed({ ...body, id }, reading.placeOf(step)));
    next = id;
  }
  return named.toReversed();
}

function derivedId(step: UnnamedStep, next: string | null): string {
  switch (step.kind) {
    case 'send':
    case 'notify':
      return step.template.slice(step.template.lastIndexOf('/') + 1);
    case 'wait':
    case 'wait_until':
    case 'wait_for':
      return `wait:${next ?? 'end'}`;
    case 'branch':
    case 'split':
    case 'repeat': {
      const first = listsIn(step as Step).find((list) => list.length > 0)?.[0];
      return `${step.kind}:${first?.id ?? 'end'}`;
    }
    case 'set':
      return `set:${Object.keys(step.traits)[0]!}`;
    case 'unset':
      return `unset:${step.traits[0]!}`;
    case 'subscribe':
    case 'unsubscribe':
      return `${step.kind}:${step.topic === '*' ? 'all' : step.topic}`;
    case 'track':
      return `track:${step.event}`;
    case 'enrol':
      return `enrol:${step.campaign}`;
    case 'webhook':
      return `webhook:${step.endpoint}`;
    case 'exit':
      return `exit:${step.reason}`;
  }
}

function reportCollisions(reading: Reading, steps: Step[], seen = new Map<string, Step>()): void {
  for (const step of steps) {
    const before = seen.get(step.id);
    if (before) {
      const { line } = reading.lines.position(reading.placeOf(before).start);
      reading.error(
        'RK403',
        reading.placeOf(step),
        `this step is called \`${step.id}\`, as is the one on line ${line}`,
        'give one an id:, for example id: second',
      );
    } else seen.set(step.id, step);
    for (const list of listsIn(step)) reportCollisions(reading, list, seen);
  }
}
