/** Endpoints of webhooks: the list, the form of one, its secret, and the questions before one is changed. */
import { CALL_TYPE, WEBHOOK_TYPES } from '../../webhooks/event-types.js';
import type { Endpoint, WantedEndpoint } from '../../webhooks/endpoints.sql.js';
import { LONGEST_URL } from '../../webhooks/decide-url.js';
import { useVisitor, type Visitor } from '../frame/visitor.js';
import { Confirm, Csrf, Field } from '../parts/forms.js';
import { Distance, Empty, State, Table } from '../parts/show.js';

export const AT = '/console/webhooks';

export function WebhooksView({ endpoints }: { endpoints: Endpoint[] }) {
  const visitor = useVisitor();
  const { webhooks } = visitor.texts;
  const create = visitor.may('operator') && (
    <a class="button" href={`${AT}/new`}>
      {webhooks.create}
    </a>
  );
  return (
    <>
      <div class="title">
        <h1>{webhooks.title}</h1>
        {endpoints.length > 0 && create}
      </div>
      <p class="lead">{webhooks.about}</p>
      {endpoints.length === 0 ? (
        <Empty title={webhooks.emptyTitle}>
          <p>{webhooks.empty}</p>
          {create && <p>{create}</p>}
        </Empty>
      ) : (
        <div id="endpoints" data-live>
          <Rows of={endpoints} />
        </div>
      )}
    </>
  );
}

function Rows({ of }: { of: Endpoint[] }) {
  const visitor = useVisitor();
  const { webhooks } = visitor.texts;
  return (
    <Table
      label={webhooks.title}
      head={[
        webhooks.endpoint,
        webhooks.state,
        webhooks.types,
        webhooks.lastDelivered,
        webhooks.pending,
        webhooks.failed,
      ]}
    >
      {of.map((endpoint) => (
        <tr key={endpoint.id}>
          <td class="long">
            <a href={`${AT}/${endpoint.id}`}>{endpoint.name ?? endpoint.url}</a>
            {endpoint.name !== null && <div class="soft">{endpoint.url}</div>}
            {endpoint.description && <div class="soft">{endpoint.description}</div>}
          </td>
          <td>
            <Health of={endpoint} />
          </td>
          <td>
            <Types of={endpoint} />
          </td>
          <td>
            {endpoint.lastDeliveredAt === null ? (
              <span class="soft">{visitor.texts.time.never}</span>
            ) : (
              <Distance at={endpoint.lastDeliveredAt} />
            )}
          </td>
          <td class="number">{visitor.number(endpoint.pending)}</td>
          <td class="number">{visitor.number(endpoint.failed + endpoint.held)}</td>
        </tr>
      ))}
    </Table>
  );
}

/** How it fares, in one word and why. */
export function Health({ of }: { of: Endpoint }) {
  const visitor = useVisitor();
  const { webhooks } = visitor.texts;
  if (of.disabledBecause !== null)
    return (
      <State
        of={isProblem(of.disabledBecause) ? 'disabled' : 'by_hand'}
        shown={webhooks.disabled}
        reason={webhooks.because[of.disabledBecause]}
      />
    );
  if (of.secretMissingSince !== null)
    return (
      <State
        of="failing"
        shown={webhooks.waiting}
        reason={webhooks.secretMissing(of.secretEnv ?? '')}
      />
    );
  if (of.failingSince === null) return <State of="enabled" shown={webhooks.enabled} />;
  const reason = webhooks.failingFor(visitor.distance(of.failingSince));
  return <State of="failing" shown={webhooks.failing} reason={reason} />;
}

/** Whether it is for somebody to mend. */
export function isProblem(because: Endpoint['disabledBecause']): boolean {
  return because === 'gone' || because === 'failing';
}

/** An endpoint of rekindle.yaml hears what campaigns say to it, and nothing else. */
export function Types({ of: { name, types } }: { of: Pick<Endpoint, 'name' | 'types'> }) {
  const told = name === null ? types : [CALL_TYPE];
  return (
    <>
      {told.map((type) => (
        <div key={type} class="name">
          {type}
        </div>
      ))}
    </>
  );
}

interface Draft {
  /** Null: a new one. */
  id: number | null;
  draft: WantedEndpoint;
  /** Why it could not be saved. */
  problem: string | null;
}

export function EndpointForm({ id, draft, problem }: Draft) {
  const { webhooks, common } = useVisitor().texts;
  return (
    <>
      <h1>{id === null ? webhooks.create : webhooks.editTitle}</h1>
      <form class="card narrow" method="post" action={id === null ? AT : `${AT}/${id}`}>
        <Csrf />
        {problem !== null && (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        <Field
          label={webhooks.url}
          name="url"
          value={draft.url}
          required
          maxLength={LONGEST_URL}
          inputMode="url"
          placeholder="https://example.com/hooks"
        />
        <fieldset class="choices">
          <legend>{webhooks.types}</legend>
          {WEBHOOK_TYPES.map((type) => (
            <label key={type} class="check">
              <input
                type="checkbox"
                name="types"
                value={type}
                checked={draft.types.includes(type)}
              />
              {type}
            </label>
          ))}
        </fieldset>
        <Field
          label={webhooks.description}
          name="description"
          value={draft.description}
          maxLength={300}
        />
        <p class="actions">
          <button class="first">{id === null ? webhooks.createSubmit : webhooks.editSubmit}</button>
          <a class="button quiet" href={id === null ? AT : `${AT}/${id}`}>
            {common.cancel}
          </a>
        </p>
      </form>
    </>
  );
}

export function SecretView({ id, url, secret }: { id: number; url: string; secret: string }) {
  const { webhooks } = useVisitor().texts;
  return (
    <section class="card narrow">
      <h1>{webhooks.secretTitle}</h1>
      <p class="long">{url}</p>
      <p>{webhooks.secretAbout}</p>
      <Field label={webhooks.secretField} value={secret} readOnly />
      <p class="actions">
        <a class="button" href={`${AT}/${id}`}>
          {webhooks.secretOn}
        </a>
      </p>
    </section>
  );
}

/** `leave`: one that was disabled for failing stays so, by hand from now on. */
export const ENDPOINT_CHANGES = ['rotate', 'disable', 'enable', 'leave', 'delete'] as const;
export type EndpointChange = (typeof ENDPOINT_CHANGES)[number];

/** Which changes make sense for it now. */
export function changesOf({ name, secretEnv, disabledBecause }: Endpoint): EndpointChange[] {
  return [
    ...(secretEnv === null ? (['rotate'] as const) : []),
    ...abledOf(disabledBecause),
    ...(name === null ? (['delete'] as const) : []),
  ];
}

function abledOf(because: Endpoint['disabledBecause']): EndpointChange[] {
  switch (because) {
    case null:
      return ['disable'];
    case 'by_hand':
    case 'simulated':
      return ['enable'];
    case 'gone':
    case 'failing':
      return ['enable', 'leave'];
    case 'removed':
      return [];
  }
}

export function ChangeView({ change, endpoint }: { change: EndpointChange; endpoint: Endpoint }) {
  const visitor: Visitor = useVisitor();
  const texts = visitor.texts.webhooks.changes[change];
  return (
    <Confirm
      title={texts.title}
      action={`${AT}/${endpoint.id}/${change}`}
      fields={{}}
      submit={texts.submit}
      back={`${AT}/${endpoint.id}`}
      danger={change === 'disable' || change === 'delete'}
    >
      <p class="long">{endpoint.url}</p>
      <p>{texts.about(visitor.number(endpoint.pending))}</p>
    </Confirm>
  );
}
