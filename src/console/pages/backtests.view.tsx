/** On a campaign's page: asking for a backtest, how far the last ones have come, and what came of them. */
import type { BacktestResult } from '../../simulation/backtest.js';
import type { StoredBacktest } from '../../simulation/backtests.sql.js';
import { useVisitor } from '../frame/visitor.js';
import { Csrf, Field } from '../parts/forms.js';
import { State, Table, Time } from '../parts/show.js';

const AT = '/console/backtests';

interface Shown {
  campaign: string;
  /** The latest. */
  rows: StoredBacktest[];
  /** The last days, to begin with. */
  from: string;
  to: string;
}

export function Backtests({ campaign, rows, from, to }: Shown) {
  const visitor = useVisitor();
  const { backtests } = visitor.texts;
  return (
    <section class="card" aria-labelledby="backtests-title">
      <h2 id="backtests-title">{backtests.title}</h2>
      <p class="soft">{backtests.about}</p>
      {visitor.may('author') && (
        <form class="inline" method="post" action={AT}>
          <Csrf />
          <input type="hidden" name="campaign" value={campaign} />
          <Field label={backtests.from} name="from" type="date" value={from} required />
          <Field label={backtests.to} name="to" type="date" value={to} required />
          <button>{backtests.submit}</button>
        </form>
      )}
      <div id="backtests" data-live>
        {rows.length === 0 ? <p class="soft">{backtests.none}</p> : <Rows of={rows} />}
      </div>
    </section>
  );
}

function Rows({ of }: { of: StoredBacktest[] }) {
  const visitor = useVisitor();
  const { backtests, common } = visitor.texts;
  return (
    <Table
      label={backtests.title}
      head={[backtests.span, backtests.state, backtests.came, common.by, backtests.report]}
      cards
    >
      {of.map((one) => (
        <tr key={one.id}>
          <td data-label={backtests.span}>
            {one.fromText} – {one.toText}
          </td>
          <td data-label={backtests.state}>
            <State of={one.state} reason={one.error} />
          </td>
          <td data-label={backtests.came}>
            <Came of={one} />
          </td>
          <td data-label={common.by}>
            {one.askedBy}, <Time at={one.askedAt} />
          </td>
          <td data-label={backtests.report}>
            {one.state === 'finished' && <a href={`${AT}/${one.id}/report`}>{backtests.report}</a>}
            {(one.state === 'queued' || one.state === 'running') && visitor.may('author') && (
              <Cancel of={one} />
            )}
          </td>
        </tr>
      ))}
    </Table>
  );
}

function Cancel({ of: { id, fromText, toText } }: { of: StoredBacktest }) {
  const { backtests } = useVisitor().texts;
  return (
    <form method="post" action={`${AT}/${id}/cancel`}>
      <Csrf />
      <button aria-label={backtests.cancelOf(fromText, toText)}>{backtests.cancel}</button>
    </form>
  );
}

function Came({ of: { state, reachedAt, result } }: { of: StoredBacktest }) {
  const visitor = useVisitor();
  const { backtests } = visitor.texts;
  if (state === 'queued') return <span class="soft">{backtests.waits}</span>;
  if (state === 'running' && reachedAt !== null)
    return <>{backtests.reached(visitor.time(reachedAt).slice(0, 10))}</>;
  if (result === null) return null;
  const { entered, converted } = result;
  return (
    <>{backtests.figures(entered, visitor.number(sentIn(result)), visitor.number(converted))}</>
  );
}

function sentIn({ steps }: BacktestResult): number {
  return Object.values(steps).reduce((sum, { sent }) => sum + sent, 0);
}
