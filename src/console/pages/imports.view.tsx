/** Imports: the list, the form for a new one, what a look at a file found, one with its errors, the question before one is cancelled. */
import { printTemplate } from '../../ingest/import-csv-mapping.js';
import type { ImportError, StoredImport } from '../../ingest/imports.sql.js';
import type { TriedRows } from '../../ingest/try-import.js';
import { useVisitor } from '../frame/visitor.js';
import { Confirm, Csrf, Field } from '../parts/forms.js';
import { Distance, Empty, Facts, Pager, State, Table, Time } from '../parts/show.js';
import { DELIMITERS, type MappingForm } from './imports-form.js';

const AT = '/console/imports';

interface List {
  imports: StoredImport[];
  next: string | null;
  deep: boolean;
}

export function ImportsView({ imports, next, deep }: List) {
  const visitor = useVisitor();
  const { imports: texts } = visitor.texts;
  return (
    <>
      <div class="title">
        <h1>{texts.title}</h1>
        {visitor.may('operator') && (
          <a class="button" href={`${AT}/new`}>
            {texts.create}
          </a>
        )}
      </div>
      <p class="lead">{texts.about}</p>
      <div id="imports" data-live>
        {imports.length === 0 ? (
          <Empty title={texts.emptyTitle}>
            <p>
              {texts.empty} <code>rekindle import</code>
            </p>
          </Empty>
        ) : (
          <Rows of={imports} />
        )}
      </div>
      <Pager next={next} base={AT} deep={deep} />
    </>
  );
}

function Rows({ of }: { of: StoredImport[] }) {
  const visitor = useVisitor();
  const { imports } = visitor.texts;
  return (
    <Table
      label={imports.title}
      head={[
        imports.file,
        imports.state,
        imports.progress,
        imports.stored,
        imports.duplicate,
        imports.refused,
        imports.asked,
      ]}
    >
      {of.map((one) => (
        <tr key={one.id}>
          <td>
            <a href={`${AT}/${one.id}`}>{one.file}</a>
            <div class="soft">
              <What of={one} />
            </div>
          </td>
          <td>
            <State of={one.state} />
          </td>
          <td>
            <Progress of={one} />
          </td>
          <td class="number">{visitor.number(one.rowsStored)}</td>
          <td class="number">{visitor.number(one.rowsDuplicate)}</td>
          <td class="number">{visitor.number(one.rowsRefused)}</td>
          <td>
            <Distance at={one.askedAt} />
            <div class="soft">{one.askedBy}</div>
          </td>
        </tr>
      ))}
    </Table>
  );
}

/** The events that its rows are, or profiles. */
function What({ of: { mapping } }: { of: StoredImport }) {
  const { imports } = useVisitor().texts;
  if (!mapping) return null;
  return mapping.event ? <code>{printTemplate(mapping.event)}</code> : imports.profiles;
}

function Progress({ of: { bytesDone, bytesTotal, linesDone } }: { of: StoredImport }) {
  const visitor = useVisitor();
  const { imports } = visitor.texts;
  // The reader is ahead of what is stored.
  const share = bytesTotal === 0 ? 0 : Math.min(bytesDone / bytesTotal, 1);
  return (
    <span class="progress">
      <progress max="1" value={share} aria-label={imports.progress} />
      <span class="number">{Math.floor(share * 100)} %</span>
      <span class="soft">{imports.lines(linesDone)}</span>
    </span>
  );
}

interface One {
  stored: StoredImport;
  errors: { items: ImportError[]; next: string | null; deep: boolean };
}

export function ImportView({ stored, errors }: One) {
  const visitor = useVisitor();
  const { imports } = visitor.texts;
  const isOpen = stored.state === 'queued' || stored.state === 'running';
  return (
    <>
      <div id="import" data-live>
        <div class="title">
          <h1>{stored.file}</h1>
          {isOpen && visitor.may('operator') && (
            <a class="button danger" data-ask href={`${AT}/${stored.id}/cancel`}>
              {imports.cancel}
            </a>
          )}
        </div>
        <section class="card" aria-label={stored.file}>
          <Facts
            of={[
              [imports.state, <State of={stored.state} reason={stored.error} />],
              [imports.progress, <Progress of={stored} />],
              [imports.rows, imports.counts(stored)],
              [imports.what, <What of={stored} />],
              [imports.source, <code>{stored.source}</code>],
              [imports.asked, `${visitor.time(stored.askedAt)}, ${stored.askedBy}`],
              [imports.finished, <Time at={stored.finishedAt} />],
            ]}
          />
        </section>
      </div>
      <section class="card" id="errors" aria-labelledby="errors-title">
        <h2 id="errors-title">{imports.errors}</h2>
        {errors.items.length === 0 ? (
          <p class="soft">{imports.noErrors}</p>
        ) : (
          <Errors of={errors.items} />
        )}
        <Pager next={errors.next} base={`${AT}/${stored.id}`} deep={errors.deep} ascending />
      </section>
    </>
  );
}

function Errors({ of }: { of: ImportError[] }) {
  const visitor = useVisitor();
  const { imports } = visitor.texts;
  return (
    <Table label={imports.errors} head={[imports.line, imports.reason]}>
      {of.map(({ line, detail }) => (
        <tr key={line}>
          <td class="number">{visitor.number(line)}</td>
          <td>{detail}</td>
        </tr>
      ))}
    </Table>
  );
}

export function NewImportView({ form }: { form: MappingForm }) {
  const { imports } = useVisitor().texts;
  return (
    <>
      <h1>{imports.create}</h1>
      <p class="lead">{imports.how}</p>
      <form class="card mapping" method="post" action={AT} encType="multipart/form-data">
        <Csrf />
        <fieldset>
          <legend>{imports.what}</legend>
          <Field label={imports.event} name="event" value={form.event} />
          <Field label={imports.profileColumn} name="profile" value={form.profile} required />
          <Field label={imports.at} name="at" value={form.at} />
          <Field label={imports.id} name="id" value={form.id} />
        </fieldset>
        <fieldset>
          <legend>{imports.columns}</legend>
          <Lines label={imports.traits} name="trait" of={form.trait} />
          <Lines label={imports.properties} name="property" of={form.property} />
          <p class="soft wide">{imports.columnsHelp}</p>
        </fieldset>
        <fieldset>
          <legend>{imports.file}</legend>
          <Field label={imports.sourceHelp} name="source" value={form.source} required />
          <Field label={imports.zone} name="zone" value={form.zone} placeholder="Europe/Berlin" />
          <Delimiter value={form.delimiter} />
          {/* Behind all fields: who reads the form needs them before the file. */}
          <Field
            label={imports.choose}
            name="file"
            type="file"
            required
            accept=".csv,.tsv,.txt,.gz"
          />
        </fieldset>
        <p class="actions">
          <button class="first">{imports.submit}</button>
          <button formAction={`${AT}/try`}>{imports.try}</button>
          <a class="button quiet" href={AT}>
            {imports.back}
          </a>
        </p>
      </form>
    </>
  );
}

function Delimiter({ value }: { value: string | undefined }) {
  const { imports } = useVisitor().texts;
  return (
    <label class="field">
      <span>{imports.delimiter}</span>
      <select name="delimiter">
        {DELIMITERS.map((delimiter) => (
          <option key={delimiter} value={delimiter} selected={delimiter === value}>
            {delimiter}
          </option>
        ))}
      </select>
    </label>
  );
}

function Lines({ label, name, of }: { label: string; name: string; of: string[] | undefined }) {
  return (
    <label class="field">
      <span>{label}</span>
      <textarea name={name} rows={4} spellcheck={false}>
        {of?.join('\n')}
      </textarea>
    </label>
  );
}

export function TriedView({ form, tried }: { form: MappingForm; tried: TriedRows }) {
  const visitor = useVisitor();
  const { imports } = visitor.texts;
  return (
    <>
      <h1>{imports.tried}</h1>
      <p class="lead">{imports.triedAbout(tried.rows.length, tried.refused)}</p>
      <Table
        label={imports.tried}
        head={[imports.line, imports.profile, imports.event, imports.traits]}
      >
        {tried.rows.map((row) =>
          'detail' in row ? (
            <tr key={row.line}>
              <td class="number">{visitor.number(row.line)}</td>
              <td colSpan={3}>
                <State of="failed" shown={imports.refusedRow} reason={row.detail} />
              </td>
            </tr>
          ) : (
            <tr key={row.line}>
              <td class="number">{visitor.number(row.line)}</td>
              <td>{row.userId}</td>
              <td>
                {row.event && (
                  <>
                    <code>{row.event.name}</code> <Time at={row.event.at} />
                    <Named of={row.event.properties} />
                  </>
                )}
              </td>
              <td>
                <Named of={row.traits} />
              </td>
            </tr>
          ),
        )}
      </Table>
      <p class="actions">
        <a class="button" href={formHref(form)}>
          {imports.again}
        </a>
      </p>
    </>
  );
}

function Named({ of }: { of: Record<string, unknown> }) {
  return <div>{Object.keys(of).length > 0 && <code>{JSON.stringify(of)}</code>}</div>;
}

/** The form with the same mapping; browsers do not choose a file again. */
function formHref(form: MappingForm): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(form))
    if (value !== undefined) query.set(name, Array.isArray(value) ? value.join('\n') : value);
  return `${AT}/new?${query}`;
}

export function CancelView({ stored }: { stored: StoredImport }) {
  const { imports } = useVisitor().texts;
  return (
    <Confirm
      title={imports.cancelTitle(stored.file)}
      action={`${AT}/${stored.id}/cancel`}
      fields={{}}
      submit={imports.cancel}
      back={`${AT}/${stored.id}`}
      danger
    >
      <p>{imports.cancelAbout(stored.rowsStored)}</p>
    </Confirm>
  );
}
