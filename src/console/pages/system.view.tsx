/** The system page and the two lists behind it. */
import type { RecordedAction } from '../../core/audit.js';
import { ROLES } from '../../core/environment.js';
import { runningRoles, whereMailGoes, type SeenProcess } from '../../core/processes.sql.js';
import type { Pause } from '../../delivery/pauses.sql.js';
import type { StoredReject } from '../../ingest/rejects.sql.js';
import type { BillingSystem } from '../../insights/billing-systems.js';
import type { Installation } from '../../insights/installation.sql.js';
import { useVisitor } from '../frame/visitor.js';
import { Field, Filters } from '../parts/forms.js';
import { Distance, Facts, Pager, State, Table, Time } from '../parts/show.js';
import { Billing } from './billing.view.js';
import { Pauses } from './pauses.view.js';

interface System {
  installation: Installation;
  embedded: boolean;
  billing: BillingSystem[];
  pauses: Pause[];
  rejects: StoredReject[];
  actions: RecordedAction[];
}

export function SystemView(system: System) {
  const visitor = useVisitor();
  const { texts } = visitor;
  const { rejects, actions, pauses, installation, billing } = system;
  return (
    <>
      <div class="title">
        <h1>{texts.system.title}</h1>
        {visitor.may('admin') && (
          <a class="button" href="/console/keys">
            {texts.keys.title}
          </a>
        )}
      </div>
      <Pauses pauses={pauses} />
      <About {...system} />
      <Processes of={installation.processes} />
      <Parked of={installation.parked} />
      <Billing of={billing} />
      <section class="card" id="rejects" aria-labelledby="rejects-title">
        <div class="title">
          <h2 id="rejects-title">{texts.system.rejects}</h2>
          <a href="/console/system/rejects">{texts.system.all50}</a>
        </div>
        <Rejects of={rejects} />
      </section>
      <section class="card" aria-labelledby="audit-title">
        <div class="title">
          <h2 id="audit-title">{texts.system.audit}</h2>
          <a href="/console/system/audit">{texts.system.all50}</a>
        </div>
        <Actions of={actions} />
      </section>
    </>
  );
}

function About({ installation, embedded }: System) {
  const { texts } = useVisitor();
  const { system } = texts;
  const { postgres, schema, revision, processes } = installation;
  const goes = whereMailGoes(processes);
  return (
    <section class="card" aria-labelledby="about">
      <h2 id="about">{system.about}</h2>
      <Facts
        of={[
          [
            system.database,
            `${embedded ? system.embedded : system.external} ${postgres}, ${schema}`,
          ],
          [
            system.revision,
            revision ? (
              <>
                {system.revisionLine(revision.id, revision.by)}, <Time at={revision.at} />
              </>
            ) : (
              system.noRevision
            ),
          ],
          [system.version, versionsOf(processes)],
          [system.transport, goes === null ? system.nobodyMails : system.transports[goes]],
        ]}
      />
    </section>
  );
}

/** Of those that run; several while they are being replaced. */
function versionsOf(processes: SeenProcess[]): string {
  const running = processes.filter(({ state }) => state === 'running');
  return [...new Set(running.map(({ version }) => version))].join(', ');
}

function Processes({ of }: { of: SeenProcess[] }) {
  const { system } = useVisitor().texts;
  const running = runningRoles(of);
  const missing = ROLES.filter((role) => running[role] === 0);
  return (
    <section class="card" id="processes" aria-labelledby="processes-title">
      <h2 id="processes-title">{system.processes}</h2>
      {missing.map((role) => (
        <p key={role} class="notice">
          {system.nobody(role)}
        </p>
      ))}
      <div id="process-rows" data-live>
        <Table
          label={system.processes}
          head={[system.host, system.roles, system.version, system.transport, system.seen]}
        >
          {of.map((one) => (
            <ProcessRow key={one.id} {...one} />
          ))}
        </Table>
      </div>
    </section>
  );
}

function ProcessRow(one: SeenProcess) {
  const { system } = useVisitor().texts;
  const { id, host, pid, roles, version, transport, mailHost, trouble, state, seenAt, startedAt } =
    one;
  const ended = one.stoppedAt ?? seenAt;
  return (
    <tr>
      <td title={id}>
        {host} ({pid})
      </td>
      <td>{roles.join(', ')}</td>
      <td>{version}</td>
      <td>
        {transport === 'dev_mailbox' ? system.devMailbox : (mailHost ?? '')}
        {state === 'running' && trouble !== null && (
          <div class="reason" lang="en">
            {trouble}
          </div>
        )}
      </td>
      <td>
        <State of={state === 'running' ? 'live' : 'gone'} shown={system.processStates[state]} />{' '}
        {state === 'running' && `${system.started} `}
        <Distance at={state === 'running' ? startedAt : ended} />
      </td>
    </tr>
  );
}

function Parked({ of }: { of: Installation['parked'] }) {
  const { system } = useVisitor().texts;
  return (
    <section class="card" id="parked" aria-labelledby="parked-title">
      <h2 id="parked-title">{system.parked}</h2>
      {of.length === 0 ? (
        <p class="soft">{system.noParked}</p>
      ) : (
        <Table label={system.parked} head={[system.profile, system.since, system.error]}>
          {of.map(({ profileId, parkedAt, error }) => (
            <tr key={profileId}>
              <td>
                <a href={`/console/profiles/${profileId}`}>{profileId}</a>
              </td>
              <td>
                <Time at={parkedAt} />
              </td>
              <td>{error}</td>
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}

interface RejectList {
  rejects: StoredReject[];
  next: string | null;
  deep: boolean;
  code: string | undefined;
}

export function RejectsView({ rejects, next, deep, code }: RejectList) {
  const { system } = useVisitor().texts;
  const at = '/console/system/rejects';
  return (
    <>
      <h1>{system.rejects}</h1>
      <Filters action={at}>
        <Field label={system.code} name="code" value={code} type="search" />
      </Filters>
      <Rejects of={rejects} />
      <Pager next={next} base={code ? `${at}?code=${encodeURIComponent(code)}` : at} deep={deep} />
    </>
  );
}

function Rejects({ of }: { of: StoredReject[] }) {
  const { system } = useVisitor().texts;
  if (of.length === 0) return <p class="soft">{system.noRejects}</p>;
  return (
    <Table
      label={system.rejects}
      head={[system.received, system.source, system.call, system.code, system.detail, system.item]}
    >
      {of.map(({ id, receivedAt, source, call, code, detail, item }) => (
        <tr key={id}>
          <td>
            <Time at={receivedAt} />
          </td>
          <td>{source}</td>
          <td>{call}</td>
          <td>
            <code>{code}</code>
          </td>
          <td>{detail}</td>
          <td>
            <details>
              <summary>{system.item}</summary>
              <pre tabIndex={0}>{item}</pre>
            </details>
          </td>
        </tr>
      ))}
    </Table>
  );
}

interface ActionList {
  actions: RecordedAction[];
  next: string | null;
  deep: boolean;
}

export function AuditView({ actions, next, deep }: ActionList) {
  const { system } = useVisitor().texts;
  return (
    <>
      <h1>{system.audit}</h1>
      <Actions of={actions} />
      <Pager next={next} base="/console/system/audit" deep={deep} />
    </>
  );
}

function Actions({ of }: { of: RecordedAction[] }) {
  const { system } = useVisitor().texts;
  if (of.length === 0) return <p class="soft">{system.noAudit}</p>;
  return (
    <Table
      label={system.audit}
      head={[system.at, system.actor, system.action, system.subject, system.detail]}
      cards
    >
      {of.map(({ id, at, actor, action, subject, detail, traceId, address }) => (
        <tr key={id}>
          <td data-label={system.at}>
            <Time at={at} />
          </td>
          <td data-label={system.actor}>
            <span>{actor}</span>
            {address && <div class="soft">{address}</div>}
          </td>
          <td data-label={system.action}>
            <code>{action}</code>
          </td>
          <td data-label={system.subject}>{subject}</td>
          <td data-label={system.detail}>
            {Object.keys(detail).length > 0 && <code>{JSON.stringify(detail)}</code>}
            {traceId && (
              <div class="soft">
                {system.trace} <code>{traceId}</code>
              </div>
            )}
          </td>
        </tr>
      ))}
    </Table>
  );
}
