/** The questions before something is done to messages, one or many, each with what it will come to. */
import type { Forecast } from '../../delivery/message-actions.sql.js';
import type { SecondLook } from '../../delivery/second-look.js';
import { useVisitor, type Visitor } from '../frame/visitor.js';
import { Confirm, Field } from '../parts/forms.js';
import { Facts } from '../parts/show.js';
import { messageHref, type ActionName } from './message-actions.js';
import { filtersOf, messagesHref, type MessagesQuery } from './messages-query.js';

interface AboutOne {
  id: number;
  action: ActionName;
  subject: string | null;
  address: string | null;
  /** What the gates say now; null where nothing would be sent. */
  look: SecondLook | null;
  /** It may have been sent before. */
  unknown: boolean;
  /** Where the last copy went. */
  copyTo: string | null;
}

export function AskView({ id, action, subject, address, look, unknown, copyTo }: AboutOne) {
  const visitor = useVisitor();
  const { message } = visitor.texts;
  const { title, will, submit } = message.does[action];
  const at = messageHref(id);
  return (
    <Confirm
      title={title}
      action={`${at}/${action}`}
      fields={{}}
      submit={submit}
      back={at}
      danger={action === 'cancel' || action === 'not-arrived' || action === 'resend'}
    >
      <p>
        <strong>{subject ?? message.title(id)}</strong>
        {address && <span class="soft"> {address}</span>}
      </p>
      <p>{will}</p>
      {look && <p>{sayLook(visitor, look)}</p>}
      {action === 'cancel' && unknown && <p>{message.mayHaveArrived}</p>}
      {action === 'resend' && <Field label={message.why} name="why" required maxLength={300} />}
      {action === 'copy' && (
        <Field
          label={message.copyTo}
          name="address"
          type="email"
          required
          maxLength={320}
          value={copyTo ?? ''}
        />
      )}
    </Confirm>
  );
}

function sayLook(visitor: Visitor, look: SecondLook): string {
  const { message } = visitor.texts;
  if ('send' in look) return message.wouldPass;
  return 'held' in look
    ? message.wouldWait(message.gateNames[look.held.because], visitor.time(look.held.until))
    : message.wouldSkip(look.skipped);
}

export const BULK_ACTIONS = ['cancel', 'retry', 'settle'] as const;
export type BulkAction = (typeof BULK_ACTIONS)[number];

interface AboutMany {
  action: BulkAction;
  query: MessagesQuery;
  /** Null: more than may be acted on at once. */
  forecast: Forecast | null;
  most: number;
  /** How many they were when somebody said yes, where that was another number. */
  expected: number | null;
}

export function AskManyView({ action, query, forecast, most, expected }: AboutMany) {
  const visitor = useVisitor();
  const { messages } = visitor.texts;
  const filters = filtersOf(query);
  const back = messagesHref(query);
  const set = Object.entries(filters).filter(([, value]) => value !== undefined);
  const told = expected !== null && (
    <p class="problem" role="alert">
      {messages.changed(visitor.number(expected))}
    </p>
  );
  if (forecast === null || forecast.n === 0)
    return (
      <div class="card confirm" data-confirm>
        <h1>{messages.bulk[action]}</h1>
        {told}
        <p>{forecast === null ? messages.tooMany(visitor.number(most)) : messages.nothing}</p>
        <p class="actions">
          <a class="button" href={back} data-close>
            {visitor.texts.common.cancel}
          </a>
        </p>
      </div>
    );
  return (
    <Confirm
      title={messages.ask[action](forecast.n)}
      action={`/console/messages/bulk/${action}`}
      fields={{
        ...(Object.fromEntries(set) as Record<string, string>),
        expected: String(forecast.n),
      }}
      submit={messages.submit[action]}
      back={back}
      danger
    >
      {told}
      <p>{messages.will[action]}</p>
      {action === 'settle' && <Findings />}
      {action !== 'cancel' && forecast.ended > 0 && <p>{messages.ended(forecast.ended)}</p>}
      {action !== 'cancel' && forecast.suppressed > 0 && (
        <p>{messages.suppressed(forecast.suppressed)}</p>
      )}
      {action === 'cancel' && forecast.unknown > 0 && <p>{messages.unknown(forecast.unknown)}</p>}
      <p class="soft">{set.length > 0 ? messages.filters : messages.everything}</p>
      {set.length > 0 && <Facts of={set.map(([name, value]) => [name, value] as const)} />}
    </Confirm>
  );
}

/** None is chosen beforehand: one of them sends mail. */
function Findings() {
  const { messages } = useVisitor().texts;
  return (
    <fieldset class="choices">
      <legend>{messages.whatHappened}</legend>
      <label class="check">
        <input type="radio" name="arrived" value="yes" required />
        {messages.arrived}
      </label>
      <label class="check">
        <input type="radio" name="arrived" value="no" required />
        {messages.notArrived}
      </label>
    </fieldset>
  );
}
