/** Definitions: what is live, and one to be changed, with what is wrong with it and what it would do. */
import { diffLines } from '../../core/diff-lines.js';
import type { LiveVersion, StoredVersion } from '../../definitions/definitions.sql.js';
import type { Plan } from '../../definitions/plan-definitions.js';
import { useVisitor } from '../frame/visitor.js';
import { Csrf } from '../parts/forms.js';
import { Empty, State, Table, Time } from '../parts/show.js';

export function DefinitionsView({ live }: { live: LiveVersion[] }) {
  const { definitions } = useVisitor().texts;
  return (
    <>
      <h1>{definitions.title}</h1>
      <p class="lead">{definitions.about}</p>
      {live.length === 0 ? (
        <Empty title={definitions.emptyTitle}>
          <p>
            {definitions.empty} <code>rekindle apply</code>
          </p>
        </Empty>
      ) : (
        <Table
          label={definitions.title}
          head={[definitions.name, definitions.kind, definitions.version, definitions.applied]}
        >
          {live.map(({ kind, name, version, appliedAt }) => (
            <tr key={`${kind} ${name}`}>
              <td>
                {kind === 'template' ? (
                  name
                ) : (
                  <a href={`/console/definitions/${kind}/${encodeURIComponent(name)}`}>{name}</a>
                )}
              </td>
              <td>{kind}</td>
              <td>{version}</td>
              <td>
                <Time at={appliedAt} />
              </td>
            </tr>
          ))}
        </Table>
      )}
    </>
  );
}

interface One {
  kind: string;
  name: string;
  path: string;
  href: string;
  /** As it stands in the field. */
  text: string;
  /** As it is live; '' when it is not. */
  written: string;
  versions: StoredVersion[];
  /** What the checker says of `text`; undefined before it was asked. */
  problems?: string;
  /** Null: `text` has errors. */
  plan?: Plan | null;
}

export function DefinitionView(one: One) {
  const visitor = useVisitor();
  const { definitions } = visitor.texts;
  const { name, path, href, text, problems, plan, versions, kind } = one;
  const rows = Math.min(40, Math.max(12, text.split('\n').length + 1));
  return (
    <>
      <div class="title">
        <h1>{name}</h1>
        {kind === 'campaign' && (
          <a class="button" href={`/console/campaigns/${encodeURIComponent(name)}`}>
            {definitions.toCampaign}
          </a>
        )}
      </div>
      <p class="lead">
        <code>{path}</code>
      </p>
      {problems !== undefined && problems !== '' && (
        <section class="card" aria-labelledby="problems" role="alert">
          <h2 id="problems">{plan ? definitions.warnings : definitions.errors}</h2>
          <pre class="code" tabIndex={0}>
            {problems}
          </pre>
        </section>
      )}
      {plan && <Planned {...one} plan={plan} />}
      {visitor.may('author') ? (
        <form class="card" method="post" action={`${href}/plan`}>
          <Csrf />
          <label class="field">
            <span>{definitions.source}</span>
            <textarea name="text" rows={rows} spellcheck={false} required>
              {`\n${text}`}
            </textarea>
          </label>
          <p class="actions">
            <button class={plan ? undefined : 'first'}>{definitions.check}</button>
          </p>
        </form>
      ) : (
        <pre class="code" tabIndex={0}>
          {text}
        </pre>
      )}
      <Versions of={versions} />
    </>
  );
}

/** What an apply would do, and the button that does exactly this. */
function Planned({ plan, text, written, href }: One & { plan: Plan }) {
  const visitor = useVisitor();
  const { definitions } = visitor.texts;
  if (plan.changes.length === 0)
    return (
      <p class="notice" role="status">
        {definitions.noChange}
      </p>
    );
  const flights = plan.changes.flatMap(({ inFlight }) => inFlight);
  const active = flights.reduce((sum, one) => sum + one.active, 0);
  return (
    <section class="card" aria-labelledby="plan">
      <h2 id="plan">{definitions.plan}</h2>
      <ul class="ids">
        {plan.changes.map(({ kind, name, change, from, to }) => (
          <li key={`${kind} ${name}`}>
            <State of={change} /> {kind} {name} {from === null ? '' : `v${from} → `}
            {to !== null && `v${to}`}
          </li>
        ))}
      </ul>
      <p>{definitions.inFlight(active)}</p>
      <Diff before={written} after={text} />
      <form method="post" action={`${href}/apply`}>
        <Csrf />
        <input type="hidden" name="text" value={text} />
        <input type="hidden" name="hash" value={plan.hash} />
        <p class="actions">
          <button class="first">{definitions.apply}</button>
        </p>
      </form>
    </section>
  );
}

const MARKS = { same: ' ', gone: '−', new: '+', gap: '…' } as const;

function Diff({ before, after }: { before: string; after: string }) {
  const { definitions } = useVisitor().texts;
  const lines = diffLines(before, after);
  if (!lines) return null;
  return (
    <pre class="code diff" tabIndex={0} aria-label={definitions.diff}>
      {lines.map(({ kind, text }, n) => (
        <span key={n} class={kind}>{`${MARKS[kind]} ${text}\n`}</span>
      ))}
    </pre>
  );
}

function Versions({ of }: { of: StoredVersion[] }) {
  const { definitions } = useVisitor().texts;
  if (of.length === 0) return null;
  return (
    <section class="card" aria-labelledby="versions">
      <h2 id="versions">{definitions.versions}</h2>
      <Table
        label={definitions.versions}
        head={[definitions.version, definitions.applied, definitions.source]}
      >
        {of.map(({ version, live, appliedAt, source }) => (
          <tr key={version}>
            <td>
              {version} {live && <State of="live" />}
            </td>
            <td>
              <Time at={appliedAt} />
            </td>
            <td>
              <details>
                <summary>{definitions.source}</summary>
                <pre class="code" tabIndex={0}>
                  {source}
                </pre>
              </details>
            </td>
          </tr>
        ))}
      </Table>
    </section>
  );
}
