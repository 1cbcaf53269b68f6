/** The parts of an explanation that are conditions: the way in, what would end an enrolment; clause by clause. */
import { NEVER, type Instant } from '../../core/instant.js';
import type { EndRule, Standing as StandingFacts } from '../../delivery/explain-standing.js';
import type { Opening } from '../../delivery/explain-opening.js';
import type { Gate, Way } from '../../delivery/explain-way.js';
import { lacking, type Clause, type LookedUp } from '../../segments/explain-condition.js';
import { useVisitor } from '../frame/visitor.js';
import { Time, Value } from '../parts/show.js';
import { Company } from './company-rule.view.js';
import { EventClause, EventLacks } from './event-clause.view.js';
import { SeenFacts } from './seen-facts.view.js';
import { Truth } from './truth.view.js';

/** The conditions of entry, each with its truth and what it saw. */
export function WayIn({ of }: { of: Way }) {
  const { explain } = useVisitor().texts;
  const { who, event, opening, bars, againAt, company } = of;
  if (!who && !of.if && !event && !opening && bars.length === 0 && againAt === null && !company)
    return null;
  return (
    <section class="card" aria-labelledby="way">
      <h2 id="way">{explain.way}</h2>
      <p class="soft">{explain.wayAbout}</p>
      {againAt !== null && (
        <ul class="clauses">
          <li>
            <Truth of={false} />
            <span>
              <code>again</code>{' '}
              <span class="soft">
                {explain.again} <Time at={againAt} />
              </span>
            </span>
          </li>
        </ul>
      )}
      {company && <Company of={company} />}
      {event && (
        <>
          <EventClause of={event} />
          <EventLacks of={event} />
        </>
      )}
      {opening && <OpeningClause of={opening} />}
      {who && <GateClauses of={who} />}
      {of.if && (
        <>
          <h3>
            <code>if</code>
          </h3>
          <GateClauses of={of.if} />
        </>
      )}
      {bars.length > 0 && (
        <>
          <h3>{explain.bars}</h3>
          <ul class="clauses">
            {bars.map(({ says, clause }) => (
              <ClauseItem key={says} of={{ ...clause, says }} />
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

/** How the way in was when the latest enrolment began. */
export function Entered({ of, at }: { of: Way; at: Instant }) {
  const { explain } = useVisitor().texts;
  const { who, event, opening } = of;
  const shown = opening?.kind === 'schedule' ? null : opening;
  if (!who && !of.if && !event && !shown) return null;
  return (
    <section class="card" aria-labelledby="entered">
      <h2 id="entered">{explain.entered}</h2>
      <p class="soft">
        <Time at={at} />
      </p>
      {event && <EventClause of={event} />}
      {shown && <OpeningClause of={shown} />}
      {who && <Because of={who.clause} />}
      {of.if && <Because of={of.if.clause} />}
    </section>
  );
}

function GateClauses({ of: { clause, turnsAt } }: { of: Gate }) {
  const { explain } = useVisitor().texts;
  const part = lacking(clause);
  // Of a condition that is one piece there is nothing to point at.
  const inside = clause.of.length > 0;
  return (
    <>
      <ul class="clauses">
        <ClauseItem of={clause} />
      </ul>
      {part && (
        <>
          <p class="soft">
            {inside && `${explain.wouldHaveToChange} `}
            {turnsAt === NEVER ? (
              inside ? (
                explain.notByItself
              ) : (
                explain.alone
              )
            ) : (
              <>
                {inside ? explain.byItself : explain.aloneAt} <Time at={turnsAt} />
              </>
            )}
          </p>
          {inside && (
            <ul class="clauses">
              <ClauseItem of={part} />
            </ul>
          )}
        </>
      )}
    </>
  );
}

/** What the step waits for, and what ends the enrolment. */
export function Standing({ of: { awaits, ends } }: { of: StandingFacts }) {
  const { explain } = useVisitor().texts;
  if (!awaits && ends.length === 0) return null;
  return (
    <section class="card" aria-labelledby="standing">
      <h2 id="standing">{explain.standing}</h2>
      <ul class="clauses">
        {[...(awaits ? [awaits] : []), ...ends].map((rule) => (
          <Rule key={rule.says} of={rule} />
        ))}
      </ul>
    </section>
  );
}

function Rule({ of: { says, clause, at, bySegment } }: { of: EndRule }) {
  const { explain } = useVisitor().texts;
  if (clause && bySegment)
    return (
      <li>
        <span class="soft">{explain.aSegment}</span>
        <span>
          <code>{says}</code> <span class="soft">{explain.asLongAs}</span>{' '}
          {at !== NEVER && <Time at={at} />}
        </span>
        <ul>
          <ClauseItem of={{ ...clause, changesAt: NEVER }} />
        </ul>
      </li>
    );
  if (clause) {
    // What is said of the rule stands for its root; when it turns is better known than when it may.
    return <ClauseItem of={{ ...clause, says, changesAt: NEVER }} turnsAt={at} />;
  }
  return (
    <li>
      <span class="soft">{at === NEVER ? explain.anEvent : explain.aTime}</span>
      <span>
        <code>{says}</code> {at !== NEVER && <Time at={at} />}
      </span>
    </li>
  );
}

/** A condition as it was when it decided. */
export function Because({ of }: { of: Clause }) {
  return (
    <ul class="clauses">
      <ClauseItem of={{ ...of, changesAt: NEVER }} />
    </ul>
  );
}

function ClauseItem({
  of: { says, holds, changesAt, seen, lookedUp, of },
  turnsAt = NEVER,
}: {
  of: Clause;
  turnsAt?: Instant;
}) {
  const { explain } = useVisitor().texts;
  return (
    <li>
      <Truth of={holds} />
      <span>
        <code>{says}</code> {seen && <SeenFacts of={seen} />}
        {lookedUp.map((one) => (
          <LookedUpFact key={one.name} of={one} />
        ))}{' '}
        {changesAt !== NEVER && (
          <span class="soft">
            {explain.mayChange} <Time at={changesAt} />
          </span>
        )}
        {turnsAt !== NEVER && (
          <span class="soft">
            {explain.comes} <Time at={turnsAt} />
          </span>
        )}
      </span>
      {of.length > 0 && (
        <ul>
          {of.map((clause, place) => (
            <ClauseItem key={place} of={clause} />
          ))}
        </ul>
      )}
    </li>
  );
}

function LookedUpFact({ of: { name, value } }: { of: LookedUp }) {
  const { explain } = useVisitor().texts;
  return (
    <span class="soft">
      {' '}
      <code>{name}</code> {value === null ? explain.isMissing : <>= {<Value of={value} />}</>}.
    </span>
  );
}

/** A date, the change of a trait, a schedule. */
function OpeningClause({ of }: { of: Opening }) {
  const { explain } = useVisitor().texts;
  const holds = of.kind === 'date' ? of.next !== null : of.kind === 'trait' ? of.holds : null;
  return (
    <ul class="clauses">
      <li>
        {of.kind === 'schedule' ? <span class="soft">{explain.aTime}</span> : <Truth of={holds} />}
        <span>
          <code>{of.says}</code> <span class="soft">{openingFacts(of, explain)}</span>
        </span>
        {of.kind === 'schedule' && of.then && (
          <ul>
            <ClauseItem of={{ ...of.then.who, changesAt: NEVER }} />
          </ul>
        )}
      </li>
    </ul>
  );
}

function openingFacts(of: Opening, explain: ReturnType<typeof useVisitor>['texts']['explain']) {
  switch (of.kind) {
    case 'date':
      if (of.value === null) return explain.missingValue;
      return (
        <>
          {explain.itIs} <Value of={of.value} />.{' '}
          {of.last !== null && (
            <>
              {explain.letIn} <Time at={of.last} />.{' '}
            </>
          )}
          {of.next !== null && (
            <>
              {explain.letsIn} <Time at={of.next} />.
            </>
          )}
        </>
      );
    case 'trait':
      if (of.latest === null) return explain.noChange;
      return (
        <>
          {explain.latest} <Time at={of.latest.at} />: <Value of={of.latest.before} /> →{' '}
          <Value of={of.latest.after} />
        </>
      );
    case 'schedule':
      return (
        <>
          {of.next === null ? (
            explain.noStrike
          ) : (
            <>
              {explain.strikes} <Time at={of.next} />.{' '}
            </>
          )}
          {of.then && (
            <>
              {explain.struck} <Time at={of.then.at} />:
            </>
          )}
        </>
      );
  }
}
