/** Broadcasts: the list, one on its way, the form and the count before one is sent, and the question before it is cancelled. */
import type { StoredBroadcast } from '../../campaigns/broadcasts.sql.js';
import type { Instant } from '../../core/instant.js';
import { MOST_COUNTED } from '../../delivery/broadcast-mails.sql.js';
import type { StateCount } from '../../delivery/send-log-counts.sql.js';
import type { BroadcastReach } from '../../messages/broadcast-reach.js';
import { useVisitor } from '../frame/visitor.js';
import { Confirm, Csrf, Field, TextArea } from '../parts/forms.js';
import { Empty, Facts, Json, Pager, State, Time, Word } from '../parts/show.js';
import { BroadcastTable, broadcastsHref, Progress } from './broadcast-list.view.js';
import { campaignHref } from './campaign.view.js';
import { fieldName } from './entry-fields.js';

const AT = '/console/broadcasts';

interface List {
  campaign: string;
  rows: StoredBroadcast[];
  next: string | null;
  deep: boolean;
}

export function BroadcastsView({ campaign, rows, next, deep }: List) {
  const { broadcasts } = useVisitor().texts;
  return (
    <>
      <h1>
        {broadcasts.title}: <a href={campaignHref(campaign)}>{campaign}</a>
      </h1>
      {rows.length === 0 ? (
        <Empty title={broadcasts.none}>
          <p>{broadcasts.noneAbout}</p>
        </Empty>
      ) : (
        <BroadcastTable rows={rows} />
      )}
      <Pager next={next} base={broadcastsHref(campaign)} deep={deep} />
    </>
  );
}

interface One {
  broadcast: StoredBroadcast;
  /** Its mails by state and reason. */
  mails: StateCount[];
}

export function BroadcastView({ broadcast, mails }: One) {
  const visitor = useVisitor();
  const { broadcasts, campaigns, common } = visitor.texts;
  const { id, campaign, version, state, at, by, entry, counted, cancelled } = broadcast;
  const numbers: [string, number][] = [
    [broadcasts.counted, counted],
    [broadcasts.judged, broadcast.judged],
    [broadcasts.matched, broadcast.matched],
    [campaigns.entered, broadcast.entered],
  ];
  return (
    <>
      <div class="title">
        <h1>
          {broadcasts.one}: <a href={campaignHref(campaign)}>{campaign}</a>
        </h1>
        {visitor.may('operator') && (
          <p class="actions">
            <a class="button danger" data-ask href={`${AT}/${id}/cancel`}>
              {state === 'running' ? broadcasts.cancel : broadcasts.endThem}
            </a>
          </p>
        )}
      </div>
      <div class="columns" id="broadcast" data-live>
        <section class="card" aria-labelledby="state">
          <h2 id="state">{campaigns.state}</h2>
          <Facts
            of={[
              [campaigns.state, <State of={state} />],
              [broadcasts.progress, <Progress of={broadcast} />],
              [broadcasts.at, <Time at={at} />],
              [common.by, by],
              ...(broadcast.finishedAt === null || cancelled
                ? []
                : [[broadcasts.finished, <Time at={broadcast.finishedAt} />] as const]),
              ...(cancelled
                ? [
                    [broadcasts.cancelled, <Time at={cancelled.at} />] as const,
                    [campaigns.because, `${cancelled.by}: ${cancelled.why}`] as const,
                  ]
                : []),
              [campaigns.version, version],
            ]}
          />
        </section>
        <section class="card" aria-labelledby="outcomes">
          <h2 id="outcomes">{broadcasts.outcomes}</h2>
          <Facts
            of={[
              ...numbers.map(([name, n]) => [name, visitor.number(n)] as const),
              ...Object.entries(broadcast.refused).map(
                ([reason, n]) =>
                  [
                    <>
                      {campaigns.refused}: <Word of={reason} />
                    </>,
                    <a
                      href={`${campaignHref(campaign)}/refusals?${new URLSearchParams({ reason })}`}
                    >
                      {visitor.number(n)}
                    </a>,
                  ] as const,
              ),
            ]}
          />
          <h3>{broadcasts.mails}</h3>
          <Mails of={broadcast} mails={mails} />
          <p class="actions">
            <a href={`/console/messages?${new URLSearchParams({ campaign })}`}>
              {campaigns.messages}
            </a>
          </p>
        </section>
      </div>
      {Object.keys(entry).length > 0 && (
        <section class="card" aria-labelledby="entry">
          <h2 id="entry">{broadcasts.entry}</h2>
          <Json value={entry} />
        </section>
      )}
    </>
  );
}

/** What became of the mails of those it let in. */
function Mails({ of, mails }: { of: StoredBroadcast; mails: StateCount[] }) {
  const visitor = useVisitor();
  const { broadcasts } = visitor.texts;
  if (mails.length === 0) return <p class="soft">{broadcasts.noMails}</p>;
  return (
    <>
      <ul class="ids">
        {mails.map(({ state, reason, n }) => (
          <li key={`${state} ${reason}`}>
            <a href={messagesHref(of.campaign, state, reason)}>
              <State of={state} reason={reason} />
            </a>{' '}
            {visitor.number(n)}
          </li>
        ))}
      </ul>
      {of.entered > MOST_COUNTED && (
        <p class="soft">{broadcasts.mailsOfFirst(visitor.number(MOST_COUNTED))}</p>
      )}
    </>
  );
}

/** The send log of a campaign's messages in one state. */
function messagesHref(campaign: string, state: string, reason: string | null): string {
  const query = new URLSearchParams({ campaign, state, ...(reason ? { reason } : {}) });
  return `/console/messages?${query}`;
}

interface Asked {
  campaign: string;
  fields: string[];
  /** As it was typed. */
  form: Readonly<Record<string, unknown>>;
  /** What is wrong with it. */
  problem: string | null;
}

/** What it says: a field for each that the campaign asks for, JSON for more. */
export function NewBroadcastView({ campaign, fields, form, problem }: Asked) {
  const { broadcasts, common } = useVisitor().texts;
  const typed = (name: string): string => (typeof form[name] === 'string' ? form[name] : '');
  return (
    <form class="card confirm login" method="post" action={`${AT}/count`}>
      <h1>{broadcasts.newTitle(campaign)}</h1>
      {problem !== null && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <p class="soft">{fields.length > 0 ? broadcasts.fieldsAbout : broadcasts.noFields}</p>
      <Csrf />
      <input type="hidden" name="campaign" value={campaign} />
      {fields.map((field) => (
        <Field
          key={field}
          label={field}
          name={fieldName(field)}
          value={typed(fieldName(field))}
          required
          maxLength={2_000}
        />
      ))}
      <details open={typed('json') !== ''}>
        <summary>{broadcasts.moreData}</summary>
        <TextArea
          label={broadcasts.json}
          name="json"
          rows={4}
          placeholder='{"discount": 20}'
          value={typed('json')}
        />
      </details>
      <p class="actions">
        <button class="first">{broadcasts.count}</button>
        <a class="button quiet" href={campaignHref(campaign)}>
          {common.cancel}
        </a>
      </p>
    </form>
  );
}

interface Counted {
  campaign: string;
  entry: Record<string, unknown>;
  at: Instant;
  reach: BroadcastReach;
  /** How many were shown before, where there are more by now. */
  expected: number | null;
  paused: boolean;
  /** The same form sent twice is one broadcast. */
  formKey: string;
}

export function CountedView({ campaign, entry, at, reach, expected, paused, formKey }: Counted) {
  const visitor = useVisitor();
  const { broadcasts, common } = visitor.texts;
  const { count } = reach;
  const numbers = (
    <>
      {expected !== null && (
        <p class="problem" role="alert">
          {broadcasts.grown(expected, count)}
        </p>
      )}
      <Breakdown of={reach} />
      {reach.sample.length > 0 && (
        <p class="soft">
          {broadcasts.sample} {reach.sample.map(({ address }) => address).join(', ')}
        </p>
      )}
      {Object.keys(entry).length > 0 && <Json value={entry} />}
      <p class="soft">
        {broadcasts.countedAt} <Time at={at} />
      </p>
      {reach.takes && (
        <p>
          {broadcasts.takes(
            reach.takes.pace,
            visitor.number(reach.takes.hoursADay),
            reach.takes.days,
          )}
        </p>
      )}
      {paused && <p class="problem">{broadcasts.paused}</p>}
    </>
  );
  if (count === 0)
    return (
      <div class="card confirm">
        <h1>{broadcasts.nobody}</h1>
        {numbers}
        <p class="actions">
          <a class="button" href={campaignHref(campaign)}>
            {common.cancel}
          </a>
        </p>
      </div>
    );
  return (
    <Confirm
      title={broadcasts.sendTitle(campaign, count)}
      action={AT}
      fields={{ campaign, expected: String(count), json: JSON.stringify(entry), key: formKey }}
      submit={broadcasts.send(count)}
      back={campaignHref(campaign)}
      danger
      more={
        <button class="quiet" formAction={`${AT}/new`}>
          {broadcasts.change}
        </button>
      }
    >
      {numbers}
    </Confirm>
  );
}

function Breakdown({ of }: { of: BroadcastReach }) {
  const visitor = useVisitor();
  const { broadcasts } = visitor.texts;
  const parts: [string, number][] = [
    [broadcasts.reachable, of.reachable],
    [broadcasts.withoutAddress, of.withoutAddress],
    [broadcasts.suppressed, of.suppressed],
    [broadcasts.notSubscribed, of.notSubscribed],
    ...(of.heldOut > 0 ? [[broadcasts.heldOut, of.heldOut] as [string, number]] : []),
  ];
  return (
    <Facts
      of={[
        [broadcasts.match, <strong class="number">{visitor.number(of.count)}</strong>],
        ...parts.map(
          ([name, n]) =>
            [
              name,
              <>
                <span class="number">{visitor.number(n)}</span>
                <meter min={0} max={Math.max(1, of.count)} value={n} aria-label={name} />
              </>,
            ] as const,
        ),
      ]}
    />
  );
}

export function CancelView({ broadcast, open }: { broadcast: StoredBroadcast; open: number }) {
  const { broadcasts, system } = useVisitor().texts;
  const { id, campaign, state, entered, counted } = broadcast;
  const isRunning = state === 'running';
  return (
    <Confirm
      title={isRunning ? broadcasts.cancelTitle(campaign) : broadcasts.endTitle(campaign)}
      action={`${AT}/${id}/cancel`}
      fields={isRunning ? {} : { end: 'yes' }}
      submit={isRunning ? broadcasts.cancel : broadcasts.endThem}
      back={`${AT}/${id}`}
      danger
    >
      {isRunning && <p>{broadcasts.cancelAbout(entered, counted)}</p>}
      <p>{broadcasts.openAbout(open)}</p>
      {isRunning && (
        <label class="check">
          <input type="checkbox" name="end" value="yes" />
          <span>{broadcasts.endToo}</span>
        </label>
      )}
      <Field label={system.why} name="why" required maxLength={300} />
    </Confirm>
  );
}
