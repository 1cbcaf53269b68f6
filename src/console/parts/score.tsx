/** A score of somebody: its number, its band, and what each rule of points gives. */
import type { SeenScore } from '../../segments/see-score.js';
import { useVisitor } from '../frame/visitor.js';

export function ScoreParts({ of: { value, band, base, rules } }: { of: SeenScore }) {
  const { scores } = useVisitor().texts;
  return (
    <>
      <strong>{value}</strong>
      {band !== null && ` (${band})`}: {scores.base(base)}
      {rules.map(({ says, gives }, place) => (
        <span key={place}>
          ; {gives > 0 ? `+${gives}` : gives} <code>{says}</code>
        </span>
      ))}
    </>
  );
}
