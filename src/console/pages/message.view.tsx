/** One message: why there is one, what was tried, what was read for it. */
import type { Attempt, MessageDetail } from '../../delivery/message-detail.sql.js';
import type { SendLogRow } from '../../delivery/send-log.sql.js';
import { useVisitor } from '../frame/visitor.js';
import { Facts, Json, State, Table, Time } from '../parts/show.js';

interface One {
  row: SendLogRow;
  message: MessageDetail;
  /** In the dev mailbox; null when it did not go there. */
  mailId: number | null;
  /** What started its enrolment, as people know it; null when that is gone. */
  trigger: string | null;
}

export function MessageView({ row, message, mailId, trigger }: One) {
  const { messages } = useVisitor().texts;
  return (
    <>
      <div class="title">
        <h1>{row.subject ?? messages.message(row.id)}</h1>
        {mailId !== null && (
          <a class="button" href={`/console/mailbox/${mailId}`}>
            {messages.openMail}
          </a>
        )}
      </div>
      <p class="lead">{messages.because(row.campaign, row.step, trigger ?? '–')}</p>
      <div class="columns">
        <Summary row={row} message={message} />
        <Times row={row} message={message} />
      </div>
      <Attempts of={message.attempts} />
      {message.variables && (
        <section class="card" aria-labelledby="variables">
          <h2 id="variables">{messages.variables}</h2>
          <Json value={message.variables} />
        </section>
      )}
    </>
  );
}

function Summary({ row, message }: Pick<One, 'row' | 'message'>) {
  const { messages } = useVisitor().texts;
  const { detail } = message;
  return (
    <section class="card" aria-labelledby="summary">
      <h2 id="summary">{messages.message(row.id)}</h2>
      <Facts
        of={[
          [messages.state, <State of={row.state} reason={row.reason} />],
          ...(Object.keys(detail).length > 0
            ? [[messages.detail, <Json value={detail} />] as const]
            : []),
          [
            messages.profile,
            <a href={`/console/profiles/${row.profileId}`}>{row.userId ?? row.profileId}</a>,
          ],
          [messages.address, row.address],
          [
            messages.campaign,
            <>
              <a href={`/console/campaigns/${encodeURIComponent(row.campaign)}`}>{row.campaign}</a>{' '}
              / {row.step} <span class="soft">v{row.version}</span>
            </>,
          ],
          [messages.template, row.template],
          [messages.purpose, [row.purpose, row.topic].filter(Boolean).join(', ')],
          [messages.sender, message.sender],
          [messages.locale, row.locale],
          [messages.provider, row.provider],
          [messages.mailId, <code>{message.mailId}</code>],
        ]}
      />
    </section>
  );
}

function Times({ row, message }: Pick<One, 'row' | 'message'>) {
  const { messages, profiles } = useVisitor().texts;
  const { enrolment, deadlineAt } = message;
  return (
    <section class="card" aria-labelledby="times">
      <h2 id="times">{messages.times}</h2>
      <Facts
        of={[
          ...(enrolment ? [[profiles.entered, <Time at={enrolment.enteredAt} />] as const] : []),
          [messages.decided, <Time at={row.decidedAt} />],
          [messages.due, <Time at={row.dueAt} />],
          ...(deadlineAt !== null ? [[messages.givesUp, <Time at={deadlineAt} />] as const] : []),
          [messages.settled, <Time at={row.settledAt} />],
        ]}
      />
      {enrolment && Object.keys(enrolment.entry).length > 0 && (
        <>
          <h2>{messages.entry}</h2>
          <Json value={enrolment.entry} />
        </>
      )}
    </section>
  );
}

function Attempts({ of }: { of: Attempt[] }) {
  const { messages } = useVisitor().texts;
  return (
    <section class="card" aria-labelledby="attempts">
      <h2 id="attempts">{messages.attempts}</h2>
      {of.length === 0 ? (
        <p class="soft">{messages.noAttempts}</p>
      ) : (
        <Table
          label={messages.attempts}
          head={[
            messages.started,
            messages.took,
            messages.outcome,
            messages.host,
            messages.phase,
            messages.reply,
          ]}
        >
          {of.map((attempt) => (
            <tr key={attempt.epoch}>
              <td>
                <Time at={attempt.startedAt} />
              </td>
              <td class="number">{attempt.finishedAt - attempt.startedAt} ms</td>
              <td>
                <State of={attempt.outcome} />
              </td>
              <td title={attempt.worker}>{attempt.host || attempt.provider}</td>
              <td>{attempt.phase}</td>
              <td>
                {attempt.code} {attempt.enhanced} {attempt.reply}
              </td>
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}
