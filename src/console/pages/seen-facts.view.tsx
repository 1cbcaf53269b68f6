/** What a clause of an explanation looked at, in a few words. */
import type { Seen } from '../../segments/explain-condition.js';
import { useVisitor } from '../frame/visitor.js';
import { ScoreParts } from '../parts/score.js';
import { Time, Value } from '../parts/show.js';
import { RankFacts } from './rank-facts.view.js';

export function SeenFacts({ of }: { of: Seen }) {
  const visitor = useVisitor();
  const { explain } = visitor.texts;
  if (of.kind === 'value')
    return (
      <span class="soft">
        {of.value === null ? (
          explain.missingValue
        ) : (
          <>
            {explain.itIs} <Value of={of.value} />
          </>
        )}
        .
      </span>
    );
  if (of.kind === 'rank') return <RankFacts of={of} />;
  if (of.kind === 'trend')
    return (
      <span class="soft">
        {explain.trend(of.base, of.current, visitor.elapsed(of.overMs))}
        {!of.lived && `; ${explain.tooYoung}`}, {explain.sampled} <Time at={of.sampledAt} />,{' '}
        {explain.nextSample} <Time at={of.nextAt} />.
      </span>
    );
  if (of.kind === 'score')
    return (
      <span class="soft">
        {explain.itIs} <ScoreParts of={of} />
      </span>
    );
  if (of.kind === 'members') return <span class="soft">{explain.companyMembers(of.times)}.</span>;
  if (of.kind === 'no_company') return <span class="soft">{explain.noCompany}</span>;
  if (!of.begun) return <span class="soft">{explain.notBegun}</span>;
  return (
    <span class="soft">
      {explain.matches(of.times)}
      {of.figure !== null && `, ${explain.figure} ${of.figure}`}
      {of.last !== null && (
        <>
          , {explain.latest} <Time at={of.last} />
        </>
      )}
      .
    </span>
  );
}
