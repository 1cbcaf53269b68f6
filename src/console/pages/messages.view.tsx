/** The send log: filters, counts per state that are filters themselves, what pauses hold back, and the messages. */
import { MESSAGE_STATES, PURPOSES, type MessageState } from '../../core/reasons.js';
import type { Pause } from '../../delivery/pauses.sql.js';
import type { StateCount } from '../../delivery/send-log-counts.sql.js';
import type { SendLogRow } from '../../delivery/send-log.sql.js';
import { useVisitor } from '../frame/visitor.js';
import { Field, Filters, Select } from '../parts/forms.js';
import { Empty, Pager, State, Table, Time } from '../parts/show.js';
import { messageHref } from './message-actions.js';
import { BULK_ACTIONS, type BulkAction } from './message-questions.view.js';
import { messagesHref, type MessagesQuery } from './messages-query.js';
import { pauseHref } from './pauses.view.js';

interface Log {
  query: MessagesQuery;
  rows: SendLogRow[];
  next: string | null;
  deep: boolean;
  counts: StateCount[];
  approximate: boolean;
  /** Pauses that hold messages back now. */
  held: Pause[];
  /** The campaign that the filters name is none. */
  campaignUnknown: boolean;
  /** Profiles whose address the filters name. */
  addressees: number[];
  /** What the mailers say when mail does not leave. */
  outage: string | null;
}

export function MessagesView(log: Log) {
  const { query, rows, next, deep, counts, approximate, held, outage } = log;
  const visitor = useVisitor();
  const { messages, common } = visitor.texts;
  const base = messagesHref(query);
  const filtered = messagesHref(query, { live: undefined }) !== '/console/messages';
  const live = !deep && query.live !== 'off';
  return (
    <>
      <div class="title">
        <h1>{messages.title}</h1>
        <span class="actions">
          {!deep && (
            <a class="button quiet" href={messagesHref(query, { live: live ? 'off' : undefined })}>
              {live ? messages.liveOff : messages.liveOn}
            </a>
          )}
          {visitor.may('operator') && rows.length > 0 && (
            <a
              class="button"
              href={messagesHref(query, {}, '/console/messages/export.csv')}
              download
            >
              {common.exportCsv}
            </a>
          )}
        </span>
      </div>
      <p class="lead">{messages.about}</p>
      <FilterForm query={query} />
      <div id="log" data-live={live || undefined}>
        <Counts query={query} counts={counts} approximate={approximate} />
        {outage !== null && (
          <p class="notice trouble">
            {messages.outage} <span lang="en">{outage}</span>
          </p>
        )}
        <Held of={held} />
        <Buttons {...log} />
        {query.address !== undefined && <Addressless of={log.addressees} />}
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
      {query.live && <input type="hidden" name="live" value={query.live} />}
      <Select
        label={messages.state}
        name="state"
        value={query.state}
        options={MESSAGE_STATES}
        words
        none={common.any}
      />
      <Field label={messages.campaign} name="campaign" value={query.campaign} />
      <Field label={messages.wholeAddress} name="address" value={query.address} type="search" />
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
  const { topic, purpose, provider, domain, step, reason, version, id, mailId, trace } = query;
  const used = [topic, purpose, provider, domain, step, reason, version, id, mailId, trace].some(
    (one) => one !== undefined,
  );
  return (
    <details class="more" open={used}>
      <summary>{messages.more}</summary>
      <div class="inline">
        <Field label={messages.reason} name="reason" value={reason} />
        <Field label={messages.step} name="step" value={step} />
        <Field label={messages.version} name="version" value={version} inputMode="numeric" />
        <Field label={messages.topic} name="topic" value={topic} />
        <Select
          label={messages.purpose}
          name="purpose"
          value={purpose}
          options={PURPOSES}
          words
          none={common.any}
        />
        <Field label={messages.provider} name="provider" value={provider} />
        <Field label={messages.domain} name="domain" value={domain} />
        <Field label={messages.id} name="id" value={id} inputMode="numeric" />
        <Field label={messages.mailId} name="mailId" value={mailId} />
        <Field label={messages.trace} name="trace" value={trace} />
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

/** What is due and does not leave, whatever the filters: the way to the pause that holds it. */
function Held({ of }: { of: Pause[] }) {
  const visitor = useVisitor();
  const { messages, system } = visitor.texts;
  if (of.length === 0) return null;
  return (
    <ul class="held">
      {of.map(({ scope, name, holds }) => (
        <li key={`${scope} ${name}`}>
          {messages.held(visitor.bounded(holds), scope === 'all' ? system.all : `${scope} ${name}`)}{' '}
          {visitor.may('operator') && (
            <a data-ask href={pauseHref('lift', scope, name, 'messages')}>
              {messages.lift}
            </a>
          )}
        </li>
      ))}
    </ul>
  );
}

/** What a pause may be about and the log can be filtered by. */
export const PAUSED_FILTERS = ['campaign', 'domain', 'provider'] as const;

const ABOUT: Readonly<Record<BulkAction, MessageState>> = {
  cancel: 'pending',
  retry: 'failed',
  settle: 'ambiguous',
};

/** For all that the filters find, where there is something to do; and what stops sending, all of it or what they name. */
function Buttons({ query, counts, held, campaignUnknown }: Log) {
  const visitor = useVisitor();
  const { messages, system } = visitor.texts;
  if (!visitor.may('operator')) return null;
  const fitting = BULK_ACTIONS.filter((action) =>
    counts.some(({ state }) => state === ABOUT[action]),
  );
  const named = PAUSED_FILTERS.flatMap((scope) => {
    const name = query[scope];
    const isNone = name === undefined || (scope === 'campaign' && campaignUnknown);
    return isNone ? [] : [{ scope, name }];
  });
  return (
    <p class="actions">
      {!held.some(({ scope }) => scope === 'all') && (
        <a class="button danger" data-ask href={pauseHref('new', 'all', '', 'messages')}>
          {system.pauseAll}
        </a>
      )}
      {named.map(({ scope, name }) => (
        <a
          key={scope}
          class="button danger"
          data-ask
          href={pauseHref('new', scope, name, 'messages')}
        >
          {messages.pause(`${scope} ${name}`)}
        </a>
      ))}
      {fitting.map((action) => (
        <a
          key={action}
          class={action === 'cancel' ? 'button danger' : 'button'}
          data-ask
          href={messagesHref(query, { live: undefined }, `/console/messages/bulk/${action}`)}
        >
          {messages.bulk[action]}
        </a>
      ))}
    </p>
  );
}

/** What an address does not find, and the way to it. */
function Addressless({ of }: { of: number[] }) {
  const { messages } = useVisitor().texts;
  return (
    <p class="soft">
      {messages.noAddress}{' '}
      {of.map((id) => (
        <>
          <a key={id} href={`/console/messages?profile=${id}`}>
            {messages.ofProfile(id)}
          </a>{' '}
        </>
      ))}
    </p>
  );
}

function Rows({ rows }: { rows: SendLogRow[] }) {
  const { messages } = useVisitor().texts;
  return (
    <Table
      label={messages.title}
      head={[
        messages.at,
        messages.state,
        messages.campaign,
        messages.to,
        messages.subject,
        messages.attemptsAndReply,
      ]}
      cards
    >
      {rows.map((row) => (
        <tr key={row.id}>
          <td data-label={messages.at}>
            <When row={row} />
          </td>
          <td data-label={messages.state}>
            <State of={row.state} reason={row.reason} />
            {row.feedback.length > 0 && (
              <div class="soft">
                {row.feedback.map((kind) => messages.feedback[kind]).join(', ')}
              </div>
            )}
          </td>
          <td data-label={messages.campaign}>
            <span class="name">{row.campaign}</span>
            <div class="soft">
              {row.step} v{row.version}
            </div>
          </td>
          <td data-label={messages.to}>
            <Recipient of={row} />
          </td>
          <td data-label={messages.subject}>
            {row.subject ?? <span class="soft">–</span>}
            <div class="soft">
              {[row.locale, row.purpose, row.topic].filter((part) => part !== null).join(' · ')}
            </div>
          </td>
          <td data-label={messages.attemptsAndReply}>
            {row.attempts}
            {row.reply && <div class="soft reply">{row.reply}</div>}
          </td>
        </tr>
      ))}
    </Table>
  );
}

/** Whom it goes to; a notice goes to somebody else than the profile that it is about. */
function Recipient({ of: { purpose, address, userId, profileId } }: { of: SendLogRow }) {
  const { messages } = useVisitor().texts;
  const link = (text: string | number) => <a href={`/console/profiles/${profileId}`}>{text}</a>;
  if (purpose === 'notice')
    return (
      <>
        {address ?? <span class="soft">–</span>}
        <div class="soft">
          {messages.aboutProfile} {link(userId ?? profileId)}
        </div>
      </>
    );
  return (
    <>
      {link(address ?? userId ?? profileId)}
      {address !== null && userId !== null && <div class="soft">{userId}</div>}
    </>
  );
}

/**
 * When it is due, as long as it is open; when it came to its end, once it has; of an ambiguous one when it went out, which is
 * what the mail server's log has. UTC in the tooltip.
 */
function When({ row }: { row: SendLogRow }) {
  const { messages } = useVisitor().texts;
  const open = row.state === 'pending' || row.state === 'claimed' || row.state === 'transmitting';
  const ambiguous = row.state === 'ambiguous' && row.attemptedAt !== null;
  return (
    <>
      <a href={messageHref(row.id)}>
        <Time at={ambiguous ? row.attemptedAt : (row.settledAt ?? row.dueAt)} />
      </a>
      {ambiguous && <div class="soft">{messages.wentOut}</div>}
      {open && <div class="soft">{messages.due}</div>}
    </>
  );
}
