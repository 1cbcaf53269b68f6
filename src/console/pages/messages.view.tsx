/** The send log: filters, counts per state that are filters themselves, and the messages. */
import { MESSAGE_STATES } from '../../core/reasons.js';
import type { StateCount } from '../../delivery/send-log-counts.sql.js';
import type { SendLogRow } from '../../delivery/send-log.sql.js';
import { useVisitor } from '../frame/visitor.js';
import { Field, Filters, Select } from '../parts/forms.js';
import { Empty, Pager, State, Table, Time } from '../parts/show.js';
import { messagesHref, PURPOSES, type MessagesQuery } from './messages-query.js';

interface Log {
  query: MessagesQuery;
  rows: SendLogRow[];
  next: string | null;
  deep: boolean;
  counts: StateCount[];
  approximate: boolean;
}

export function MessagesView({ query, rows, next, deep, counts, approximate }: Log) {
  const visitor = useVisitor();
  const { messages, common } = visitor.texts;
  const base = messagesHref(query);
  const filtered = base !== '/console/messages';
  const exported = base.replace('/console/messages', '/console/messages/export.csv');
  return (
    <>
      <div class="title">
        <h1>{messages.title}</h1>
        {visitor.may('operator') && rows.length > 0 && (
          <a class="button" href={exported} download>
            {common.exportCsv}
          </a>
        )}
      </div>
      <p class="lead">{messages.about}</p>
      <FilterForm query={query} />
      <div id="log" data-live={!deep}>
        <Counts query={query} counts={counts} approximate={approximate} />
        {rows.length === 0 ? (
          <Empty title={filtered ? messages.noMatch : messages.emptyTitle}>
            {filtered ? (
              <a href="/console/messages">{messages.clearFilters}</a>
            ) : (
              <p>{messages.empty}</p>
            )}
          </Empty>
        ) : (
          <Rows rows={rows} />
        )}
      </div>
      <Pager next={next} base={base} deep={deep} />
    </>
  );
}

function FilterForm({ query }: { query: MessagesQuery }) {
  const { messages, common } = useVisitor().texts;
  return (
    <Filters action="/console/messages" more={<More query={query} />}>
      <Select
        label={messages.state}
        name="state"
        value={query.state}
        options={MESSAGE_STATES}
        none={common.any}
      />
      <Field label={messages.campaign} name="campaign" value={query.campaign} />
      <Field label={messages.address} name="address" value={query.address} type="search" />
      <Field label={messages.profile} name="profile" value={query.profile} />
      <Field label={messages.from} name="from" value={query.from} type="date" />
      <Field label={messages.until} name="until" value={query.until} type="date" />
      <label class="check">
        <input type="checkbox" name="problems" checked={query.problems === 'on'} />
        {messages.problems}
      </label>
    </Filters>
  );
}

/** What is asked for rarely; open while one of it is. */
function More({ query }: { query: MessagesQuery }) {
  const { messages, common } = useVisitor().texts;
  const { topic, purpose, provider, domain, step, reason } = query;
  const used = [topic, purpose, provider, domain, step, reason].some((one) => one !== undefined);
  return (
    <details class="more" open={used}>
      <summary>{messages.more}</summary>
      <div class="inline">
        <Field label={messages.reason} name="reason" value={reason} />
        <Field label={messages.step} name="step" value={step} />
        <Field label={messages.topic} name="topic" value={topic} />
        <Select
          label={messages.purpose}
          name="purpose"
          value={purpose}
          options={PURPOSES}
          none={common.any}
        />
        <Field label={messages.provider} name="provider" value={provider} />
        <Field label={messages.domain} name="domain" value={domain} />
      </div>
    </details>
  );
}

function Counts({ query, counts, approximate }: Pick<Log, 'query' | 'counts' | 'approximate'>) {
  const visitor = useVisitor();
  const { messages } = visitor.texts;
  if (counts.length === 0) return null;
  return (
    <>
      <ul class="counts" aria-label={messages.state}>
        {counts.map(({ state, reason, n }) => (
          <li key={`${state} ${reason}`}>
            <a href={messagesHref(query, { state, reason: reason ?? undefined })}>
              <State of={state} reason={reason} /> <span class="number">{visitor.number(n)}</span>
            </a>
          </li>
        ))}
      </ul>
      {approximate && <p class="soft">{messages.approximate}</p>}
    </>
  );
}

function Rows({ rows }: { rows: SendLogRow[] }) {
  const { messages } = useVisitor().texts;
  return (
    <Table
      label={messages.title}
      head={[
        messages.decided,
        messages.state,
        messages.campaign,
        messages.address,
        messages.subject,
        messages.attempts,
      ]}
    >
      {rows.map((row) => (
        <tr key={row.id}>
          <td>
            <a href={`/console/messages/${row.id}`}>
              <Time at={row.decidedAt} />
            </a>
          </td>
          <td>
            <State of={row.state} reason={row.reason} />
          </td>
          <td>
            <span class="name">{row.campaign}</span>
            <div class="soft">
              {row.step} v{row.version}
            </div>
          </td>
          <td>
            <a href={`/console/profiles/${row.profileId}`}>
              {row.address ?? row.userId ?? row.profileId}
            </a>
          </td>
          <td>{row.subject}</td>
          <td>
            {row.attempts}
            {row.reply && <div class="soft">{row.reply}</div>}
          </td>
        </tr>
      ))}
    </Table>
  );
}
