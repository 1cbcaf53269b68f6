/** Billing systems on the system page: is each set up, was it heard of, what became of what it sent. */
import type { BillingSystem } from '../../insights/billing-systems.js';
import { useVisitor } from '../frame/visitor.js';
import { Distance, State, Table } from '../parts/show.js';

const OUTCOMES = ['stored', 'repeated', 'ignored', 'refused', 'unsigned'] as const;

export function Billing({ of }: { of: readonly BillingSystem[] }) {
  const { billing } = useVisitor().texts;
  return (
    <section class="card" id="billing" aria-labelledby="billing-title">
      <h2 id="billing-title">{billing.title}</h2>
      {of.length === 0 ? (
        <p class="soft">
          {billing.none} <code>REKINDLE_STRIPE_SECRETS</code>
        </p>
      ) : (
        <>
          <div id="billing-rows" data-live>
            <Systems of={of} />
          </div>
          {of.some(({ receipts }) => receipts.length > 0) && (
            <details>
              <summary>{billing.byType}</summary>
              <Types of={of} />
            </details>
          )}
        </>
      )}
    </section>
  );
}

function Systems({ of }: { of: readonly BillingSystem[] }) {
  const visitor = useVisitor();
  const { billing } = visitor.texts;
  const outcomes = OUTCOMES.map((outcome) => billing.outcomes[outcome]);
  return (
    <Table label={billing.title} head={[billing.system, billing.state, billing.last, ...outcomes]}>
      {of.map(({ name, lacks, lastAt, counts }) => (
        <tr key={name}>
          <td>{name}</td>
          <td>
            <State of={lacks === 'nothing' ? 'live' : 'paused'} shown={billing.lacks[lacks]} />
          </td>
          <td>
            {lastAt === null ? <span class="soft">{billing.never}</span> : <Distance at={lastAt} />}
          </td>
          {OUTCOMES.map((outcome) => (
            <td key={outcome} class="number">
              {visitor.number(counts[outcome])}
            </td>
          ))}
        </tr>
      ))}
    </Table>
  );
}

/** What makes the counts up: types of webhooks, and why some proved nothing. */
function Types({ of }: { of: readonly BillingSystem[] }) {
  const visitor = useVisitor();
  const { billing } = visitor.texts;
  return (
    <Table
      label={billing.byType}
      head={[billing.system, billing.outcome, billing.type, billing.count, billing.last]}
    >
      {of
        .flatMap(({ receipts }) => receipts)
        .map(({ source, outcome, what, count, lastAt }) => (
          <tr key={`${source} ${outcome} ${what}`}>
            <td>{source}</td>
            <td>{billing.outcomes[outcome]}</td>
            <td>
              <code>{what || '–'}</code>
            </td>
            <td class="number">{visitor.number(count)}</td>
            <td>
              <Distance at={lastAt} />
            </td>
          </tr>
        ))}
    </Table>
  );
}
