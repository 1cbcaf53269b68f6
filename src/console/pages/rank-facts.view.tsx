/** Where somebody stands among others, in an explanation: the value, the cut-offs, when they were taken and will be. */
import type { Seen } from '../../segments/explain-condition.js';
import { useVisitor } from '../frame/visitor.js';
import { Time, Value } from '../parts/show.js';

/** A percentile's clause: what is compared with what. */
export function RankFacts({
  of: { value, figures, cutoffs, nextAt },
}: {
  of: Extract<Seen, { kind: 'rank' }>;
}) {
  const visitor = useVisitor();
  const { explain } = visitor.texts;
  const figure = (n: number) => {
    if (figures === 'instant') return <Time at={n} />;
    return figures === 'duration' ? visitor.lasted(n) : <Value of={n} />;
  };
  const own = { number: explain.itIs, instant: explain.lastAt, duration: explain.itTook };
  return (
    <span class="soft">
      {value === null ? (
        explain.noValue
      ) : (
        <>
          {own[figures]} {figure(value)}
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
