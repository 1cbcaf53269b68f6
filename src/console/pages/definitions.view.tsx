/** Definitions: what is live, and one to be changed, with what is wrong with it and what it would do. */
import type { LiveVersion, StoredVersion } from '../../definitions/definitions.sql.js';
import type { SaidPlan } from '../../campaigns/plan-changes.js';
import type { Played } from '../../simulation/play-apart.js';
import { useVisitor } from '../frame/visitor.js';
import { Csrf } from '../parts/forms.js';
import { Empty, Table, Time, Word } from '../parts/show.js';
import { definitionHref } from './definition-drafts.js';
import { VersionTable } from './definition-history.view.js';
import { Numbered, Problems } from './source-text.view.js';
import { PlayedTests } from './played-tests.view.js';
import { Planned } from './plan.view.js';

export function DefinitionsView({ live }: { live: LiveVersion[] }) {
  const visitor = useVisitor();
  const { definitions } = visitor.texts;
  return (
    <>
      <div class="title">
        <h1>{definitions.title}</h1>
        {visitor.may('author') && (
          <a class="button" href="/console/definitions/new">
            {definitions.create}
          </a>
        )}
      </div>
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
                <a
                  href={`${definitionHref({ kind, name })}${kind === 'template' ? '/versions' : ''}`}
                >
                  {name}
                </a>
              </td>
              <td>
                <Word of={kind} />
              </td>
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

/** Of an empty field. */
const LEAST_ROWS = 12;

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
  plan?: SaidPlan | null;
  /** The version whose text it is, where it is to be that of an earlier one. */
  restores?: number | null;
  /** Files with tests of this campaign. */
  tests: string[];
  /** What came of them with `text`. */
  played?: Played;
}

export function DefinitionView(one: One) {
  const visitor = useVisitor();
  const { definitions, tests } = visitor.texts;
  const { name, path, href, text, problems, plan, versions, kind, restores } = one;
  const rows = Math.max(LEAST_ROWS, text.split('\n').length + 1);
  return (
    <>
      <div class="title">
        <h1>{restores ? definitions.restoreTitle(name, restores) : name}</h1>
        {versions.length > 0 && (kind === 'campaign' || kind === 'segment') && (
          <a class="button" href={`/console/${kind}s/${encodeURIComponent(name)}`}>
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
          <Problems text={problems} path={path} />
        </section>
      )}
      {one.played && <PlayedTests of={one.played} live={href} />}
      {plan && <Planned plan={plan} text={text} written={one.written} href={href} />}
      {visitor.may('author') ? (
        <form class="card" method="post" action={`${href}/plan`}>
          <Csrf />
          <div class="field">
            <label for="source">{definitions.source}</label>
            <Numbered rows={rows}>
              <textarea
                id="source"
                name="text"
                rows={rows}
                wrap="off"
                spellcheck={false}
                required
                data-numbered
              >
                {`\n${text}`}
              </textarea>
            </Numbered>
          </div>
          <p class="actions">
            <button class={plan ? undefined : 'first'}>{definitions.check}</button>
            {one.tests.length > 0 && (
              <button
                formaction={`${href}/test`}
                title={one.tests.join(', ')}
                data-busy={tests.playing}
              >
                {tests.play}
              </button>
            )}
          </p>
        </form>
      ) : (
        <Numbered rows={text.split('\n').length}>
          <pre class="code" tabIndex={0}>
            {text}
          </pre>
        </Numbered>
      )}
      {versions.length > 0 && (
        <section class="card" aria-labelledby="versions">
          <div class="title">
            <h2 id="versions">{definitions.versions}</h2>
            <a href={`${href}/versions`}>{definitions.allVersions}</a>
          </div>
          <VersionTable kind={kind} name={name} versions={versions} />
        </section>
      )}
    </>
  );
}
