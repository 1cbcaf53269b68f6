/** A score of somebody: its number, its band, and what each rule of points gives. */
import type { SeenScore } from '../../segments/see-score.js';
import { useVisitor } from '../frame/visitor.js';

/** Flows within a line; its rules stand below each other. */
export function ScoreParts({ of: { value, band, base, rules } }: { of: SeenScore }) {
  const { scores } = useVisitor().texts;
  return (
    <>
      <strong>{signless(value)}</strong>
      {band !== null && `, ${band}`}
      <span class="points">
        <span>
          <b>{signless(base)}</b> {scores.base}
        </span>
        {rules.map(({ says, gives }, place) => (
          <span key={place} class={gives === 0 ? 'soft' : undefined}>
            <b>{signed(gives)}</b> <code>{says}</code>
          </span>
        ))}
      </span>
    </>
  );
}

function signed(points: number): string {
  return points > 0 ? `+${points}` : signless(points);
}

/** With the minus that is as wide as a plus. */
function signless(points: number): string {
  return String(points).replace('-', '\u2212');
}
