/** One endpoint of webhooks: how it fares, what can be done, and its log; one delivery; what came back from a test. */
import type { Exchange } from '../../webhooks/decide-attempt.js';
import type {
  DeliveryDetail,
  LoggedAttempt,
  LoggedDelivery,
} from '../../webhooks/deliveries.sql.js';
import type { Endpoint } from '../../webhooks/endpoints.sql.js';
import { DELIVERY_STATES, type DeliveryState } from '../../webhooks/event-types.js';
import { useVisitor } from '../frame/visitor.js';
import { Confirm, Csrf, Field } from '../parts/forms.js';
import { Facts, Json, Pager, State, Table, Tabs, Time } from '../parts/show.js';
import { AT, changesOf, Health, isProblem, Types } from './webhooks.view.js';

interface One {
  endpoint: Endpoint;
  rows: LoggedDelivery[];
  state: DeliveryState | undefined;
  next: string | null;
  deep: boolean;
}

export function WebhookView({ endpoint, rows, state, next, deep }: One) {
  const visitor = useVisitor();
  const { webhooks } = visitor.texts;
  const at = `${AT}/${endpoint.id}`;
  const tab = (one: DeliveryState | undefined) => ({
    href: one === undefined ? at : `${at}?state=${one}`,
    text: one ?? webhooks.all,
    current: one === state,
  });
  return (
    <>
      <h1 class="long">{endpoint.name ?? endpoint.url}</h1>
      {endpoint.name !== null && <p class="lead long">{endpoint.url}</p>}
      {endpoint.description && <p class="lead">{endpoint.description}</p>}
      {visitor.may('operator') && <Buttons of={endpoint} />}
      <div id="health" data-live>
        <About of={endpoint} />
      </div>
      <section aria-labelledby="log">
        <h2 id="log">{webhooks.log}</h2>
        <Tabs label={webhooks.state} tabs={[undefined, ...statesOf(endpoint)].map(tab)} />
        <div id="deliveries" data-live={!deep}>
          {rows.length === 0 ? (
            <p class="soft">{webhooks.noDeliveries}</p>
          ) : (
            <Log of={rows} at={at} />
          )}
        </div>
        <Pager next={next} base={tab(state).href} deep={deep} />
      </section>
      {visitor.may('operator') && endpoint.failed + endpoint.held > 0 && <Replay at={at} />}
    </>
  );
}

/** Only calls are left out, held or simulated. */
function statesOf({ name }: Endpoint): readonly DeliveryState[] {
  return name === null ? ['pending', 'delivered', 'failed'] : DELIVERY_STATES;
}

function Buttons({ of }: { of: Endpoint }) {
  const { webhooks } = useVisitor().texts;
  const at = `${AT}/${of.id}`;
  return (
    <div class="actions above">
      <form method="post" action={`${at}/test`}>
        <Csrf />
        <button>{webhooks.test}</button>
      </form>
      {of.name === null && (
        <a class="button" href={`${at}/edit`}>
          {webhooks.edit}
        </a>
      )}
      {changesOf(of).map((change) => (
        <a
          key={change}
          class={change === 'delete' ? 'button danger' : 'button'}
          data-ask
          href={`${at}/${change}`}
        >
          {webhooks.changes[change].ask}
        </a>
      ))}
    </div>
  );
}

function About({ of }: { of: Endpoint }) {
  const visitor = useVisitor();
  const { webhooks } = visitor.texts;
  const { failingSince, restsUntil, previousUntil, disabledBecause } = of;
  const later = (at: number | null): at is number => at !== null && at > visitor.now;
  return (
    <section class="card" aria-label={webhooks.state}>
      {isProblem(disabledBecause) && <p class="problem">{webhooks.mend}</p>}
      {of.secretMissingSince !== null && (
        <p class="problem">{webhooks.mendSecret(of.secretEnv ?? '')}</p>
      )}
      {of.name !== null && <p class="soft">{webhooks.inProject(of.name)}</p>}
      <Facts
        of={[
          [webhooks.state, <Health of={of} />],
          [webhooks.types, <Types of={of} />],
          ...(of.secretEnv === null
            ? []
            : [[webhooks.secretField, <code>env:{of.secretEnv}</code>] as const]),
          [webhooks.lastDelivered, <Time at={of.lastDeliveredAt} />],
          ...(failingSince !== null
            ? [[webhooks.failingSince, <Time at={failingSince} />] as const]
            : []),
          ...(later(restsUntil) ? [[webhooks.restsUntil, <Time at={restsUntil} />] as const] : []),
          ...(later(previousUntil)
            ? [[webhooks.previousUntil, <Time at={previousUntil} />] as const]
            : []),
          [webhooks.pending, visitor.number(of.pending)],
          [webhooks.failed, visitor.number(of.failed)],
          ...(of.name === null ? [] : [[webhooks.held, visitor.number(of.held)] as const]),
          [webhooks.created, <Time at={of.createdAt} />],
        ]}
      />
    </section>
  );
}

function Log({ of, at }: { of: LoggedDelivery[]; at: string }) {
  const { webhooks } = useVisitor().texts;
  return (
    <Table
      label={webhooks.log}
      head={[
        webhooks.happened,
        webhooks.type,
        webhooks.state,
        webhooks.attempts,
        webhooks.next,
        webhooks.problem,
      ]}
    >
      {of.map((row) => (
        <tr key={row.id}>
          <td>
            <a href={`${at}/deliveries/${row.id}`}>
              <Time at={row.at} />
            </a>
          </td>
          <td class="name">{row.campaign === null ? row.type : `${row.campaign}/${row.step}`}</td>
          <td>
            <State of={row.state} reason={row.reason} />
          </td>
          <td class="number">{row.attempts}</td>
          <td>
            <NextTry of={row} />
          </td>
          <td class="long">{row.error}</td>
        </tr>
      ))}
    </Table>
  );
}

function NextTry({ of: { state, claimedAt, dueAt } }: { of: LoggedDelivery }) {
  const { webhooks } = useVisitor().texts;
  if (state !== 'pending') return <span class="soft">–</span>;
  return claimedAt === null ? <Time at={dueAt} /> : <span class="soft">{webhooks.underWay}</span>;
}

/** A GET form: what it leads to asks first. */
function Replay({ at }: { at: string }) {
  const { webhooks } = useVisitor().texts;
  return (
    <details>
      <summary>{webhooks.replay}</summary>
      <form class="inline" method="get" action={`${at}/replay`}>
        <Field label={webhooks.since} name="since" type="date" required />
        <button>{webhooks.replayAsk}</button>
      </form>
    </details>
  );
}

export function ReplayView({ id, since, n }: { id: number; since: string; n: number }) {
  const { webhooks } = useVisitor().texts;
  return (
    <Confirm
      title={webhooks.replayTitle}
      action={`${AT}/${id}/replay`}
      fields={{ since }}
      submit={webhooks.replaySubmit}
      back={`${AT}/${id}?state=failed`}
    >
      <p>{webhooks.replayAbout(n)}</p>
    </Confirm>
  );
}

export function DeliveryView({ endpoint, row }: { endpoint: Endpoint; row: DeliveryDetail }) {
  const visitor = useVisitor();
  const { webhooks, message, messages } = visitor.texts;
  const at = `${AT}/${endpoint.id}`;
  const { messageId } = row.data;
  return (
    <>
      <div class="title">
        <h1>{row.campaign === null ? row.type : `${row.campaign}/${row.step}`}</h1>
        {visitor.may('operator') && (
          <form method="post" action={`${at}/deliveries/${row.id}/retry`}>
            <Csrf />
            <button>{webhooks.retry}</button>
          </form>
        )}
      </div>
      <section class="card" id="delivery" data-live aria-label={webhooks.delivery(row.id)}>
        <Facts
          of={[
            [
              webhooks.endpoint,
              <a href={at} class="long">
                {endpoint.name ?? endpoint.url}
              </a>,
            ],
            [webhooks.state, <State of={row.state} reason={row.reason} />],
            [webhooks.type, <code>{row.type}</code>],
            [webhooks.happened, <Time at={row.at} />],
            row.state === 'pending'
              ? ([webhooks.next, <NextTry of={row} />] as const)
              : ([webhooks.settled, <Time at={row.settledAt} />] as const),
            [webhooks.profile, <a href={`/console/profiles/${row.profileId}`}>{row.profileId}</a>],
            ...(typeof messageId === 'number'
              ? [
                  [
                    message.title(messageId),
                    <a href={`/console/messages/${messageId}`}>{messages.title}</a>,
                  ] as const,
                ]
              : []),
            [webhooks.webhookId, <code>{row.webhookId}</code>],
          ]}
        />
      </section>
      <Attempts of={row.attemptList} />
      <section class="card" aria-labelledby="body">
        <h2 id="body">{webhooks.body}</h2>
        <Json value={row.data} />
      </section>
    </>
  );
}

function Attempts({ of }: { of: LoggedAttempt[] }) {
  const { webhooks } = useVisitor().texts;
  return (
    <section class="card" aria-labelledby="attempts">
      <h2 id="attempts">{webhooks.attempts}</h2>
      {of.length === 0 ? (
        <p class="soft">{webhooks.noAttempts}</p>
      ) : (
        <Table
          label={webhooks.attempts}
          head={[
            webhooks.started,
            webhooks.took,
            webhooks.status,
            webhooks.problem,
            webhooks.answer,
          ]}
        >
          {of.map(({ attempt, startedAt, durationMs, status, error, response }) => (
            <tr key={attempt}>
              <td>
                <Time at={startedAt} />
              </td>
              {/* A process that was lost told nobody how long it took. */}
              <td class="number">
                {durationMs === 0 && status === null ? '–' : `${durationMs} ms`}
              </td>
              <td class="number">{status}</td>
              <td class="long">{error}</td>
              <td>
                <Answer of={response} />
              </td>
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}

function Answer({ of }: { of: string | null }) {
  const { webhooks } = useVisitor().texts;
  if (!of) return <span class="soft">{webhooks.noAnswer}</span>;
  return (
    <details>
      <summary>{webhooks.answer}</summary>
      <pre tabIndex={0}>{of}</pre>
    </details>
  );
}

export function TestedView({ endpoint, exchange }: { endpoint: Endpoint; exchange: Exchange }) {
  const { webhooks } = useVisitor().texts;
  const { status, error, response, durationMs } = exchange;
  return (
    <section class="card narrow">
      <h1>{webhooks.testTitle}</h1>
      <p class="long">{endpoint.url}</p>
      <p role="status">
        <State
          of={error === null ? 'delivered' : 'failed'}
          shown={error === null ? webhooks.testArrived : webhooks.testFailed}
        />
      </p>
      <Facts
        of={[
          [webhooks.status, status ?? webhooks.noAnswer],
          ...(error !== null ? [[webhooks.problem, error] as const] : []),
          [webhooks.took, `${durationMs} ms`],
        ]}
      />
      {response && (
        <>
          <h2>{webhooks.answer}</h2>
          <pre tabIndex={0}>{response}</pre>
        </>
      )}
      <p class="actions">
        <a class="button" href={`${AT}/${endpoint.id}`}>
          {webhooks.back}
        </a>
      </p>
    </section>
  );
}
