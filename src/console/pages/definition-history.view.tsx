/** Versions of a definition: the list, what changed between two of them, and the way back to one. */
import { diffLines } from '../../core/diff-lines.js';
import type { StoredVersion } from '../../definitions/definitions.sql.js';
import { useVisitor } from '../frame/visitor.js';
import { Field } from '../parts/forms.js';
import { Pager, State, Table, Time } from '../parts/show.js';
import { definitionHref, WRITABLE } from './definition-drafts.js';

const MARKS = { same: ' ', gone: '−', new: '+', gap: '…' } as const;

/** What changed, line by line; says so where nothing did. */
export function Diff({ before, after }: { before: string; after: string }) {
  const { definitions } = useVisitor().texts;
  const lines = diffLines(before, after);
  if (!lines) return <p class="soft">{definitions.tooLong}</p>;
  if (lines.length === 0) return <p class="soft">{definitions.noLine}</p>;
  return (
    <pre class="code diff" tabIndex={0} aria-label={definitions.diff}>
      {lines.map(({ kind, text }, n) => (
        <span key={n} class={kind}>{`${MARKS[kind]} ${text}\n`}</span>
      ))}
    </pre>
  );
}

interface Listed {
  kind: string;
  name: string;
  versions: readonly StoredVersion[];
}

/** The versions, the latest first, each with what it changed and the way back to it. */
export function VersionTable({ kind, name, versions }: Listed) {
  const visitor = useVisitor();
  const { definitions, common } = visitor.texts;
  const at = `${definitionHref({ kind, name })}/versions`;
  const restores = visitor.may('author') && WRITABLE.some((one) => one === kind);
  return (
    <Table
      label={definitions.versions}
      head={[
        definitions.version,
        definitions.applied,
        common.by,
        definitions.diff,
        ...(restores ? [definitions.restore] : []),
      ]}
    >
      {versions.map(({ version, live, appliedAt, appliedBy }) => (
        <tr key={version}>
          <td>
            {version} {live && <State of="live" />}
          </td>
          <td>
            <Time at={appliedAt} />
          </td>
          <td>{appliedBy}</td>
          <td>
            {version > 1 && (
              <a
                href={`${at}?from=${version - 1}&to=${version}`}
                aria-label={definitions.changesOf(version)}
              >
                {definitions.look}
              </a>
            )}
          </td>
          {restores && (
            <td>
              {!live && (
                <a href={`${at}/${version}/restore`} aria-label={definitions.restoreTo(version)}>
                  {definitions.restore}
                </a>
              )}
            </td>
          )}
        </tr>
      ))}
    </Table>
  );
}

interface History extends Listed {
  next: string | null;
  deep: boolean;
  /** Texts are null where there is no such version. */
  compared: { from: number; to: number; earlier: string | null; later: string | null };
}

export function HistoryView({ kind, name, versions, next, deep, compared }: History) {
  const { definitions } = useVisitor().texts;
  const href = definitionHref({ kind, name });
  return (
    <>
      <div class="title">
        <h1>{definitions.versionsOf(name)}</h1>
        {kind !== 'template' && (
          <a class="button" href={href}>
            {definitions.backToOne}
          </a>
        )}
      </div>
      <section class="card" aria-labelledby="compared">
        <h2 id="compared">{definitions.between(compared.from, compared.to)}</h2>
        {compared.to > 1 && (
          <Choice href={href} newest={deep ? undefined : versions[0]?.version} {...compared} />
        )}
        <Compared {...compared} />
      </section>
      <section class="card" aria-labelledby="versions">
        <h2 id="versions">{definitions.versions}</h2>
        <VersionTable kind={kind} name={name} versions={versions} />
        <Pager next={next} base={`${href}/versions`} deep={deep} />
      </section>
    </>
  );
}

function Choice({
  href,
  newest,
  from,
  to,
}: Pick<History['compared'], 'from' | 'to'> & { href: string; newest: number | undefined }) {
  const { definitions } = useVisitor().texts;
  return (
    <form class="inline" method="get" action={`${href}/versions`}>
      <Field
        label={definitions.from}
        name="from"
        type="number"
        value={Math.max(1, from)}
        min={1}
        max={newest}
      />
      <Field label={definitions.to} name="to" type="number" value={to} min={1} max={newest} />
      <button>{definitions.compare}</button>
    </form>
  );
}

function Compared({ from, earlier, later }: History['compared']) {
  const { definitions } = useVisitor().texts;
  if (later === null) return <p class="soft">{definitions.noVersion}</p>;
  // Before the first version there was nothing.
  if (earlier === null && from > 0) return <p class="soft">{definitions.noVersion}</p>;
  return <Diff before={earlier ?? ''} after={later} />;
}
