/**
 * Stage 3. What ends an enrolment by its state, and bars entry while it does: exits that are no bare events, and `while`,
 * which ends unless it is known to be true. In the order in which they are judged. Pure.
 */
import type { CampaignDefinition, Condition } from '../language/definitions.js';

export interface StateRule {
  /** Under which its next look is kept: the place of the exit, or `while`. */
  key: string;
  condition: Condition;
  /** `because` of the end. */
  label: string;
  ends(holds: boolean | null): boolean;
}

export function stateRulesOf(definition: Pick<CampaignDefinition, 'exit' | 'while'>): StateRule[] {
  const exits = definition.exit.flatMap((rule, place): StateRule[] => {
    if (rule.kind !== 'state') return [];
    const { condition, label } = rule;
    return [{ key: String(place), condition, label, ends: (holds) => holds === true }];
  });
  if (!definition.while) return exits;
  const stays: StateRule = {
    key: 'while',
    condition: definition.while,
    label: 'while',
    ends: (holds) => holds !== true,
  };
  return [...exits, stays];
}
