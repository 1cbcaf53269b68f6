/** Which facts a condition is to be asked again after. Pure. */
import type { CompiledCondition } from '../segments/compile-condition.js';
import type { Fact } from './window.js';

/** Whether a fact may change the truth of a condition. */
export function concerns(condition: CompiledCondition, fact: Fact): boolean {
  const { reads } = condition;
  switch (fact.kind) {
    case 'event':
      return reads.events.has(fact.name!) || (reads.anyEvent && !fact.name!.startsWith('$'));
    case 'traits': {
      // Without traits it tells of a new profile or a new birth: that may change anything.
      const traits = Object.keys(fact.data);
      return traits.length === 0 || traits.some((trait) => reads.traits.has(trait));
    }
    case 'topics':
      // A word about all topics is a word about each.
      return Object.keys(fact.data).some((topic) =>
        topic === '*' ? reads.topics.size > 0 : reads.topics.has(topic),
      );
    case 'import':
    case 'merge':
      return true;
    case 'enrol':
      return false;
  }
}
