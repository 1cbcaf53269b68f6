/** Which values the tests of a condition look up, for whoever must hear of them or show them. Pure. */
import type { CampaignDefinition, Condition, EventMatch, ValueTest } from '../definitions.js';
import { allSteps } from '../steps.js';
import { isValueOf, type ValueOf } from './value-of-shapes.js';

export function takenByTests(tests: readonly ValueTest[]): ValueOf[] {
  return tests.flatMap((test) => (test.op === 'value_of' ? test.to.filter(isValueOf) : []));
}

export function takenByMatch({ where }: Pick<EventMatch, 'where'>): ValueOf[] {
  return where.flatMap(({ tests }) => takenByTests(tests));
}

/** Those of a condition itself, not of the ones that it is made of. */
export function takenBy(condition: Condition): ValueOf[] {
  switch (condition.kind) {
    case 'trait':
    case 'entry':
      return takenByTests(condition.tests);
    case 'trait_changed':
      return takenByTests([...condition.from, ...condition.to]);
    case 'event':
      return [
        ...takenByMatch(condition),
        ...(condition.sequence ? takenByMatch(condition.sequence.by) : []),
      ];
    case 'score':
      return condition.of.points.flatMap((rule) =>
        'if' in rule ? [] : takenByMatch(rule.forEach),
      );
    case 'all':
    case 'any':
    case 'account':
    case 'members':
    case 'segment':
    case 'topic':
    case 'sample':
    case 'campaign_active':
    case 'trait_rank':
      return [];
  }
}

/** Those of the events, and of the changes of traits, of which a campaign hears in code. */
export function takenInCode({ enter, exit, goal, steps }: CampaignDefinition): ValueOf[] {
  const waited = allSteps(steps).flatMap((step) => (step.kind === 'wait_for' ? [step.rule] : []));
  const matches = [
    ...(enter.kind === 'event' ? [enter.match] : []),
    ...(enter.kind === 'event' && enter.sequence ? [enter.sequence.by] : []),
    ...[...exit, ...waited].flatMap((rule) => (rule.kind === 'event' ? [rule.match] : [])),
    ...(goal ? [goal.match] : []),
  ];
  const changed = enter.kind === 'trait' ? takenByTests([...enter.from, ...enter.to]) : [];
  return [...matches.flatMap(takenByMatch), ...changed];
}

/** The traits of the profile among them, by their first path elements. */
export function traitsTaken(taken: readonly ValueOf[]): string[] {
  return taken.flatMap(({ of, path }) => (of === 'profile' ? [path[0]!] : []));
}
