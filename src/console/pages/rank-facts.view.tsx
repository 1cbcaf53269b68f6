/** Where somebody stands among others, in an explanation: the value, the cut-offs, when they were taken and will be. */
import type { Seen } from '../../segments/explain-condition.js';
import { useVisitor } from '../frame/visitor.js';
import { Time, Value } from '../parts/show.js';

/** A percentile's clause: what is compared with what. */
export function RankFacts({
  of: { value, isTime, cutoffs, nextAt },
}: {
  of: Extract<Seen, { kind: 'rank' }>;
}) {
  const { explain } = useVisitor().texts;
  const figure = (n: number) => (isTime ? <Time at={n} /> : <Value of={n} />);
  return (
    <span class="soft">
      {value === null ? (
        explain.noValue
      ) : (
        <>
          {isTime ? explain.lastAt : explain.itIs} {figure(value)}
        </>
      )}
      {cutoffs.length === 0 && `; ${explain.notSampled}`}
      {cutoffs.map(({ rank, cutoff, among, sampledAt }) => (
        <>
          ; {explain.percentile(rank, among)} {cutoff === null ? '–' : figure(cutoff)},{' '}
          {explain.sampled} <Time at={sampledAt} />
        </>
      ))}
      , {explain.nextSample} <Time at={nextAt} />.
    </span>
  );
}
