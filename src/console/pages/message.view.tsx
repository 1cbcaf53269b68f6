/** One message: why there is one, what comes next, what one may do about it, and everything that stands behind it. */
import type { ComponentChildren } from 'preact';
import { NEVER, type Instant } from '../../core/instant.js';
import type { MessageCopy } from '../../delivery/message-copies.sql.js';
import type { MessageDetail } from '../../delivery/message-detail.sql.js';
import type { NextChange } from '../../delivery/next-change.js';
import type { SendLogRow } from '../../delivery/send-log.sql.js';
import type { VariablePlace } from '../../messages/variable-places.js';
import { useVisitor, type Visitor } from '../frame/visitor.js';
import { Mail, type ShownMail } from '../parts/mail.js';
import { Empty, Facts, Json, State, Table, Time, Value, Word } from '../parts/show.js';
import { Attempts, Copies, Gates } from './message-tables.view.js';
import { actionsOn, messageHref } from './message-actions.js';
import { pausedName, pauseHref } from './pauses.view.js';

export interface One {
  row: SendLogRow;
  message: MessageDetail;
  next: NextChange | null;
  copies: MessageCopy[];
  /** In the dev mailbox; null when it did not go there. */
  mailId: number | null;
  /** Its mail, or why there is none to show. */
  mail: (ShownMail & { asSent: boolean; variables: VariablePlace[] }) | { problem: string };
  /** The message in plain text. */
  explanation: string;
}

export function MessageView(one: One) {
  const visitor = useVisitor();
  const { message } = visitor.texts;
  const { row } = one;
  return (
    <>
      <div class="title">
        <h1>{row.subject ?? message.title(row.id)}</h1>
        <State of={row.state} reason={row.reason} />
      </div>
      <div id="message" data-live>
        <p class="lead">{because(visitor, one)}</p>
        {one.next && <Next of={one.next} />}
        <Actions {...one} />
        <div class="columns">
          <Summary {...one} />
          <History {...one} />
        </div>
        <Gates row={row} gates={one.message.gates} />
        <Attempts of={one.message.attempts} />
        {one.copies.length > 0 && <Copies of={one.copies} />}
      </div>
      <TheMail {...one} />
      <details class="card">
        <summary>{message.explain}</summary>
        <button type="button" data-copy="explanation" data-copied={message.copied} hidden>
          {message.copyText}
        </button>
        <pre id="explanation" tabIndex={0}>
          {one.explanation}
        </pre>
      </details>
    </>
  );
}

/** One sentence: what started the enrolment that sent it. */
function because(visitor: Visitor, { row, message: { because: why, enrolment } }: One): string {
  const { because: says, did: words, unknownName } = visitor.texts.message;
  if (why === null || enrolment === null) return says.gone;
  const isNotice = row.purpose === 'notice';
  const did =
    row.state === 'sent'
      ? isNotice
        ? words.noticed
        : words.sent
      : isNotice
        ? words.noticeDecided
        : words.decided;
  const at = visitor.time(why.at);
  if (why.kind === 'event') return says.event(did, why.name ?? unknownName, at);
  if (why.kind === 'segment') return says.segment(did, why.name ?? unknownName, at);
  if (why.kind === 'trait') return says.trait(did, why.name ?? unknownName, at);
  if (why.kind === 'date') return says.date(did, why.name ?? unknownName);
  if (why.kind === 'api') return says.api(did, at);
  if (why.kind === 'broadcast') return says.broadcast(did, at);
  return says.other(did, enrolment.trigger, at);
}

function Next({ of }: { of: NextChange }) {
  const visitor = useVisitor();
  const { next } = visitor.texts.message;
  const { what, at, givesUpAt, pauses, rates, gate, outage, host } = of;
  const when = (instant: Instant | null): string =>
    instant === null || instant === NEVER ? '–' : visitor.time(instant);
  const says: Record<NextChange['what'], string> = {
    retry: next.retry(when(at)),
    due: next.due(when(at)),
    late: next.late,
    held: next.held(gate === null ? '' : visitor.texts.message.gateNames[gate], when(at)),
    pause: next.pause,
    rate: next.rate,
    no_mailer: next.no_mailer,
    outage: next.outage,
    mailer: next.mailer,
    claimed: next.claimed(host ?? ''),
    transmitting: next.transmitting(host ?? ''),
    lost: next.lost,
    person: next.person,
  };
  return (
    <aside class="next" aria-label={next.title}>
      <p>
        {says[what]} {givesUpAt !== null && next.givesUp(when(givesUpAt))}
      </p>
      {(pauses.length > 0 || rates.length > 0 || outage !== null) && (
        <ul>
          {outage !== null && <li lang="en">{outage}</li>}
          {pauses.map(({ scope, name, setBy, why }) => (
            <li key={`${scope} ${name}`}>
              {next.heldBy(pausedName(visitor, scope, name), setBy, why)}{' '}
              {visitor.may('operator') && (
                <a data-ask href={pauseHref('lift', scope, name)}>
                  {visitor.texts.messages.lift}
                </a>
              )}
            </li>
          ))}
          {rates.map(({ scope, name, perSecond }) => (
            <li key={`${scope} ${name}`}>
              {next.rateOf(`${scope} ${name}`, visitor.number(Math.round(perSecond * 100) / 100))}
            </li>
          ))}
        </ul>
      )}
    </aside>
  );
}

/** What this person may do about the message as it stands now. */
function Actions({ row, message: known, mailId, mail }: One) {
  const visitor = useVisitor();
  const { message, mailbox } = visitor.texts;
  const at = messageHref(row.id);
  const acts = visitor.may('operator') ? actionsOn(row, known, visitor.now) : [];
  return (
    <p class="actions" aria-label={message.actions} role="group">
      {acts.map((action) => (
        <a key={action} class="button" data-ask href={`${at}/${action}`}>
          {message.does[action].link}
        </a>
      ))}
      {visitor.may('operator') && row.address !== null && (
        <a
          class="button danger"
          data-ask
          href={`/console/suppressions/new?${new URLSearchParams({ address: row.address, detail: message.message(row.id) })}`}
        >
          {message.suppress}
        </a>
      )}
      {visitor.may('operator') && 'source' in mail && mail.source !== null && (
        <a class="button" href={`${at}/download`} download>
          {mailbox.download}
        </a>
      )}
      {mailId !== null && (
        <a class="button" href={`/console/mailbox/${mailId}`}>
          {message.openMail}
        </a>
      )}
    </p>
  );
}

function Summary({ row, message: known }: One) {
  const { message, messages } = useVisitor().texts;
  const { detail, enrolment, againOf, againAs } = known;
  const other = (id: number) => <a href={messageHref(id)}>{message.message(id)}</a>;
  const facts: [string, ComponentChildren][] = [
    [
      row.purpose === 'notice' ? message.about : message.profile,
      <a href={`/console/profiles/${row.profileId}`}>{row.userId ?? row.profileId}</a>,
    ],
    [row.purpose === 'notice' ? message.colleague : message.address, row.address ?? '–'],
    [
      message.campaign,
      <>
        <a href={`/console/campaigns/${encodeURIComponent(row.campaign)}`}>{row.campaign}</a> /{' '}
        {row.step} <span class="soft">v{row.version}</span>
      </>,
    ],
    [message.template, row.template],
    [
      message.purpose,
      row.topic === null ? <Word of={row.purpose} /> : `${row.purpose}, ${row.topic}`,
    ],
    [message.sender, known.sender],
    [message.locale, row.locale ?? '–'],
    [message.provider, row.provider ?? '–'],
    [message.mailId, <code>{known.mailId}</code>],
  ];
  if (enrolment?.endReason)
    facts.splice(3, 0, [
      message.ended,
      <>
        <Word of={enrolment.endReason} />
        {enrolment.endBecause && (
          <>
            , <Word of={enrolment.endBecause} />
          </>
        )}
      </>,
    ]);
  if (row.traceId !== null)
    facts.push([
      messages.trace,
      <a href={`/console/messages?trace=${row.traceId}`}>
        <code>{row.traceId}</code>
      </a>,
    ]);
  if (againOf !== null) facts.push([message.againOf, other(againOf)]);
  if (againAs !== null) facts.push([message.againAs, other(againAs)]);
  if (Object.keys(detail).length > 0) facts.push([message.detail, <Json value={detail} />]);
  return (
    <section class="card" aria-labelledby="summary">
      <h2 id="summary">{message.title(row.id)}</h2>
      <Facts of={facts} />
    </section>
  );
}

interface Moment {
  at: Instant;
  what: ComponentChildren;
}

/** Everything that happened to it, in order: the states that it went through, and what people did. */
function History({ row, message: known }: One) {
  const visitor = useVisitor();
  const { message } = visitor.texts;
  const { enrolment, attempts, byHand, feedbackList } = known;
  const moments: Moment[] = [
    ...(enrolment ? [{ at: enrolment.enteredAt, what: message.event.entered }] : []),
    { at: row.decidedAt, what: message.event.decided },
    ...attempts.map(({ startedAt, finishedAt, recovered, outcome }) => ({
      at: recovered ? startedAt : finishedAt,
      what: message.event.attempt(visitor.word(outcome)),
    })),
    ...byHand.map(({ did, by, at, why }) => ({
      at: Date.parse(at),
      what: (
        <>
          {Object.hasOwn(message.hand, did) ? message.hand[did] : did}{' '}
          <span class="soft">
            {by}
            {why === undefined ? '' : `: ${why}`}
          </span>
        </>
      ),
    })),
    ...(row.settledAt === null
      ? []
      : [{ at: row.settledAt, what: message.event.settled(visitor.word(row.state)) }]),
    ...feedbackList.map(({ kind, at, url, said, machine, source }) => ({
      at,
      what: (
        <>
          {message.event.feedback[kind]}{' '}
          <span class="soft">
            {[machine ? message.event.machine : source, url, said]
              .filter((part) => part !== null)
              .join(', ')}
          </span>
        </>
      ),
    })),
  ].toSorted((a, b) => a.at - b.at);
  return (
    <section class="card" aria-labelledby="history">
      <h2 id="history">{message.history}</h2>
      <ol class="history">
        {moments.map(({ at, what }, index) => (
          <li key={index}>
            <Time at={at} /> <span>{what}</span>
          </li>
        ))}
      </ol>
      {enrolment && Object.keys(enrolment.entry).length > 0 && (
        <>
          <h2>{message.entry}</h2>
          <Json value={enrolment.entry} />
        </>
      )}
    </section>
  );
}

function TheMail({ mail }: One) {
  const { message } = useVisitor().texts;
  return (
    <section class="card" id="mail" aria-labelledby="mail-title">
      <h2 id="mail-title">{message.mail}</h2>
      {'problem' in mail ? (
        <Empty title={message.problem}>
          <p>{mail.problem}</p>
        </Empty>
      ) : (
        <>
          <p class="soft">{mail.asSent ? message.asSent : message.preview}</p>
          <Mail {...mail} />
          {mail.variables.length > 0 && <Variables of={mail.variables} />}
        </>
      )}
    </section>
  );
}

function Variables({ of }: { of: VariablePlace[] }) {
  const { message } = useVisitor().texts;
  return (
    <>
      <h2 class="below">{message.variables}</h2>
      <Table label={message.variables} head={[message.variable, message.value, message.from]} cards>
        {of.map(({ variable, value, from }) => (
          <tr key={variable}>
            <td data-label={message.variable}>
              <code>{variable}</code>
            </td>
            <td data-label={message.value}>{value === null ? '–' : <Value of={value} />}</td>
            <td data-label={message.from}>{message.places[from]}</td>
          </tr>
        ))}
      </Table>
    </>
  );
}
