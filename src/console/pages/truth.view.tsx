/** A truth of the three, as a mark with its name. */
import { useVisitor } from '../frame/visitor.js';

const MARKS = { true: '✓', false: '✗', null: '?' } as const;

export function Truth({ of }: { of: boolean | null }) {
  const { explain } = useVisitor().texts;
  const name = String(of) as keyof typeof MARKS;
  return (
    <span class={`truth ${name}`}>
      <span aria-hidden="true">{MARKS[name]}</span> {explain.truth[name]}
    </span>
  );
}
