/** The event that a campaign is entered by: the latest one, what is asked of it, what followed, and what would have to come. */
import { NEVER } from '../../core/instant.js';
import { lackOfEvent, type EntryEvent } from '../../delivery/explain-way.js';
import { useVisitor } from '../frame/visitor.js';
import { Time } from '../parts/show.js';
import { SeenFacts } from './seen-facts.view.js';
import { Truth } from './truth.view.js';

export function EventClause({ of: { says, latest, tests, holds, answer } }: { of: EntryEvent }) {
  const { explain } = useVisitor().texts;
  return (
    <ul class="clauses">
      <li>
        <Truth of={holds} />
        <span>
          <code>{says}</code>{' '}
          {latest && (
            <span class="soft">
              {explain.latest} <Time at={latest.occurredAt} />{' '}
              {latest.historical && explain.historical}
            </span>
          )}{' '}
          {answer && (
            <span class="soft">
              {answer.came ? (
                <>
                  {explain.then} <code>{answer.came.name}</code>{' '}
                  <Time at={answer.came.occurredAt} />.
                </>
              ) : (
                explain.noAnswer
              )}{' '}
              {answer.turnsAt !== NEVER && (
                <>
                  {explain.comes} <Time at={answer.turnsAt} />
                </>
              )}
            </span>
          )}
        </span>
        {tests.length > 0 && (
          <ul>
            {tests.map((test) => (
              <li key={test.says}>
                <Truth of={test.holds} />
                <span>
                  <code>{test.says}</code> <SeenFacts of={{ kind: 'value', value: test.value }} />
                </span>
              </li>
            ))}
          </ul>
        )}
      </li>
    </ul>
  );
}

export function EventLacks({ of }: { of: EntryEvent }) {
  const { explain } = useVisitor().texts;
  const lack = lackOfEvent(of);
  if (!lack) return null;
  return (
    <p class="soft">
      {explain.wouldHaveToCome}{' '}
      {lack.what === 'passing' ? (
        <>
          {explain.lacking.passing} <code>{lack.says.join(', ')}</code>
        </>
      ) : (
        explain.lacking[lack.what]
      )}
      .
    </p>
  );
}
