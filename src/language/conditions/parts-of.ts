/** The conditions that a condition is made of, for whoever walks the tree. Pure. */
import type { Condition } from '../definitions.js';
import type { Ranked } from './sampled-shapes.js';

/** Those directly below; a segment that is named is none of them. */
export function partsOf(condition: Condition): readonly Condition[] {
  switch (condition.kind) {
    case 'all':
    case 'any':
      return condition.of;
    case 'account':
      return [condition.of];
    case 'members':
      return [
        ...(condition.who ? [condition.who] : []),
        ...('rank' in condition ? amongOf(condition.rank) : []),
      ];
    case 'trait_rank':
      return amongOf(condition);
    case 'event':
      return condition.quantity.kind === 'percentile' ? amongOf(condition.quantity) : [];
    case 'score':
      return [
        ...condition.of.points.flatMap((rule) => ('if' in rule ? [rule.if] : [])),
        ...('rank' in condition ? amongOf(condition.rank) : []),
      ];
    case 'segment':
    case 'trait':
    case 'entry':
    case 'trait_changed':
    case 'topic':
    case 'sample':
    case 'campaign_active':
      return [];
  }
}

function amongOf({ among }: Ranked): readonly Condition[] {
  return among ? [among] : [];
}
