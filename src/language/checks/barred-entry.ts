/** An exit that says what the entry asks for: what is true at entry bars it, so that nobody ever comes in. */
import type { CampaignDefinition, Condition } from '../definitions.js';
import type { Reading } from '../reading.js';

export function checkBarredEntry(reading: Reading, { enter, exit }: CampaignDefinition): void {
  const who = enter.kind === 'broadcast' || enter.kind === 'schedule' ? [enter.who] : [];
  const asked = [enter.if, ...who].flatMap((condition) => (condition ? conjuncts(condition) : []));
  // A reader builds equal conditions in the same order, so that equal ones have equal text.
  const needed = new Set(asked.map((condition) => JSON.stringify(condition)));
  if (enter.kind === 'segment')
    needed.add(JSON.stringify({ kind: 'segment', segment: enter.segment, negated: false }));
  for (const rule of exit)
    if (rule.kind === 'state' && needed.has(JSON.stringify(rule.condition)))
      reading.warn(
        'RK432',
        reading.placeOf(rule),
        'nobody can enter: whoever is let in has this exit already, and it bars them',
        'say the contrary here, or end it by an event',
      );
}

/** What must all be true for it to be true, itself among them. */
function conjuncts(condition: Condition): Condition[] {
  return condition.kind === 'all' ? [condition, ...condition.of.flatMap(conjuncts)] : [condition];
}
