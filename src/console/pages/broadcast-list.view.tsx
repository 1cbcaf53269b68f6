/** Broadcasts of a campaign as rows, for its page and for the list of them; and where they are. */
import type { StoredBroadcast } from '../../campaigns/broadcasts.sql.js';
import { useVisitor } from '../frame/visitor.js';
import { State, Table, Time } from '../parts/show.js';

const AT = '/console/broadcasts';

/** All of a campaign. */
export function broadcastsHref(campaign: string): string {
  return `${AT}?${new URLSearchParams({ campaign })}`;
}

/** Where one is begun. */
export function newBroadcastHref(campaign: string): string {
  return `${AT}/new?${new URLSearchParams({ campaign })}`;
}

/** The latest ones, on the page of their campaign. */
export function LatestBroadcasts({
  campaign,
  rows,
}: {
  campaign: string;
  rows: StoredBroadcast[];
}) {
  const { broadcasts } = useVisitor().texts;
  return (
    <section class="card" aria-labelledby="broadcasts">
      <div class="title">
        <h2 id="broadcasts">{broadcasts.title}</h2>
        {rows.length > 0 && <a href={broadcastsHref(campaign)}>{broadcasts.all}</a>}
      </div>
      {rows.length === 0 ? (
        <p class="soft">{broadcasts.noneAbout}</p>
      ) : (
        <BroadcastTable rows={rows} />
      )}
    </section>
  );
}

export function BroadcastTable({ rows }: { rows: StoredBroadcast[] }) {
  const visitor = useVisitor();
  const { broadcasts, campaigns, common } = visitor.texts;
  return (
    <Table
      label={broadcasts.title}
      head={[broadcasts.at, campaigns.state, broadcasts.progress, campaigns.entered, common.by]}
    >
      {rows.map((row) => (
        <tr key={row.id}>
          <td>
            <a href={`${AT}/${row.id}`}>
              <Time at={row.at} />
            </a>
          </td>
          <td>
            <State of={row.state} reason={row.cancelled?.why ?? null} />
          </td>
          <td>
            <Progress of={row} />
          </td>
          <td class="number">
            {visitor.number(row.entered)} / {visitor.number(row.counted)}
          </td>
          <td>{row.by}</td>
        </tr>
      ))}
    </Table>
  );
}

export function Progress({ of: { shards, state } }: { of: StoredBroadcast }) {
  const { broadcasts } = useVisitor().texts;
  const percent = Math.floor((100 * shards.done) / shards.all);
  return state === 'cancelled' ? (
    <span class="soft">–</span>
  ) : (
    <meter
      min={0}
      max={100}
      value={percent}
      aria-label={broadcasts.progress}
      title={`${percent} %`}
    />
  );
}
