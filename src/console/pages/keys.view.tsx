/** API keys: the list with the form for a new one, the page that shows a new one once, the question before one is revoked. */
import { SCOPES } from '../../ingest/api-key.entity.js';
import type { ListedKey } from '../../ingest/api-keys.js';
import { useVisitor } from '../frame/visitor.js';
import { Confirm, Csrf, Field } from '../parts/forms.js';
import { Distance, State, Table, Time } from '../parts/show.js';

const AT = '/console/keys';

export function KeysView({ keys }: { keys: ListedKey[] }) {
  const { keys: texts } = useVisitor().texts;
  return (
    <>
      <h1>{texts.title}</h1>
      <p class="lead">{texts.about}</p>
      <form class="card" method="post" action={AT}>
        <h2>{texts.create}</h2>
        <Csrf />
        <div class="inline">
          <div class="wide">
            <Field label={texts.nameHelp} name="name" required maxLength={60} />
          </div>
        </div>
        <fieldset class="choices">
          <legend>{texts.scopes}</legend>
          {SCOPES.map((scope) => (
            <label key={scope} class="check">
              <input type="checkbox" name="scopes" value={scope} checked={scope === 'ingest'} />
              <span>
                <code>{scope}</code> {texts.scopeOf[scope]}
              </span>
            </label>
          ))}
        </fieldset>
        <p class="actions">
          <button class="first">{texts.create}</button>
        </p>
      </form>
      {keys.length === 0 ? <p class="soft">{texts.none}</p> : <Rows of={keys} />}
    </>
  );
}

function Rows({ of }: { of: ListedKey[] }) {
  const { keys } = useVisitor().texts;
  return (
    <Table
      label={keys.title}
      head={[keys.name, keys.begins, keys.scopes, keys.created, keys.lastUsed, keys.state]}
    >
      {of.map((key) => (
        <tr key={key.id}>
          <td>{key.name}</td>
          <td>
            <code>rk_{key.prefix}_…</code>
          </td>
          <td>{key.scopes.join(', ')}</td>
          <td>
            <Time at={key.createdAt} />
          </td>
          <td>
            <LastUsed of={key} />
          </td>
          <td>
            {key.revokedAt === null ? (
              <a
                data-ask
                href={`${AT}/${key.prefix}/revoke`}
                aria-label={`${keys.revoke} rk_${key.prefix}`}
              >
                {keys.revoke}
              </a>
            ) : (
              <>
                <State of="gone" shown={keys.revoked} /> <Time at={key.revokedAt} />
              </>
            )}
          </td>
        </tr>
      ))}
    </Table>
  );
}

function LastUsed({ of: { lastUsedAt } }: { of: ListedKey }) {
  const { keys } = useVisitor().texts;
  return lastUsedAt === null ? (
    <span class="soft">{keys.never}</span>
  ) : (
    <Distance at={lastUsedAt} />
  );
}

export function MadeView({ name, secret }: { name: string; secret: string }) {
  const { keys } = useVisitor().texts;
  return (
    <>
      <h1>{keys.made}</h1>
      <section class="card" aria-label={keys.made}>
        <p>{keys.madeAbout(name)}</p>
        <pre class="code" tabIndex={0}>
          {secret}
        </pre>
      </section>
      <p class="actions">
        <a class="button" href={AT}>
          {keys.back}
        </a>
      </p>
    </>
  );
}

export function RevokeView({ of }: { of: ListedKey }) {
  const { keys } = useVisitor().texts;
  return (
    <Confirm
      title={keys.revokeTitle(of.name)}
      action={`${AT}/${of.prefix}/revoke`}
      fields={{}}
      submit={keys.revoke}
      back={AT}
      danger
    >
      <p>
        <code>rk_{of.prefix}_…</code>, {keys.lastUsed.toLowerCase()}: <LastUsed of={of} />
      </p>
      <p>{keys.revokeAbout}</p>
    </Confirm>
  );
}
