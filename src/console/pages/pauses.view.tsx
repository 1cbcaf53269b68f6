/** Pauses in force, the form that begins one, and the two questions with the number of messages they touch. */
import { NEVER } from '../../core/instant.js';
import type { HeldOutlook } from '../../delivery/held-outlook.sql.js';
import { PAUSE_SCOPES, type Pause, type PauseScope } from '../../delivery/pauses.sql.js';
import { useVisitor, type Visitor } from '../frame/visitor.js';
import { Confirm, Field, Select } from '../parts/forms.js';
import { State, Table, Time, Word } from '../parts/show.js';

const AT = '/console/pauses';

/** Pages, besides the system's, on which a pause is asked for. */
export const PAUSE_ORIGINS = ['campaign', 'messages'] as const;
export type PauseOrigin = (typeof PAUSE_ORIGINS)[number];

/** Where a pause is set or lifted; `from`: the page to which that leads back, the system's where it is not said. */
export function pauseHref(
  what: 'new' | 'lift',
  scope: PauseScope,
  name = '',
  from?: PauseOrigin,
): string {
  const query = new URLSearchParams({
    scope,
    ...(name ? { name } : {}),
    ...(from ? { from } : {}),
  });
  return `${AT}/${what}?${query}`;
}

/** Where a question about a pause came from, and leads back to. */
interface CameFrom {
  from: PauseOrigin | undefined;
  back: string;
}

export function Pauses({ pauses }: { pauses: Pause[] }) {
  const visitor = useVisitor();
  const { system } = visitor.texts;
  const operates = visitor.may('operator');
  const allPaused = pauses.some(({ scope }) => scope === 'all');
  return (
    <section class="card" id="pauses" aria-labelledby="pauses-title">
      <div class="title">
        <h2 id="pauses-title">{system.pauses}</h2>
        {operates && !allPaused && (
          <a class="button danger" data-ask href={pauseHref('new', 'all')}>
            {system.pauseAll}
          </a>
        )}
      </div>
      {pauses.length === 0 ? <p class="soft">{system.noPauses}</p> : <Rows of={pauses} />}
      {operates && <Begin />}
    </section>
  );
}

function Rows({ of }: { of: Pause[] }) {
  const visitor = useVisitor();
  const { system, common, suppressions } = visitor.texts;
  const operates = visitor.may('operator');
  const head = [system.scope, system.why, common.by, system.since, system.until, system.holds];
  return (
    <Table label={system.pauses} head={operates ? [...head, suppressions.lift] : head}>
      {of.map(({ scope, name, why, setBy, since, until, holds }) => (
        <tr key={`${scope} ${name}`}>
          <td>
            <State of="paused" shown={<Word of={scope} />} reason={name} />
          </td>
          <td>{why}</td>
          <td>{setBy}</td>
          <td>
            <Time at={since} />
          </td>
          <td>{until === NEVER ? system.untilLifted : <Time at={until} />}</td>
          <td class="number">{visitor.number(holds)}</td>
          {operates && (
            <td>
              <a
                data-ask
                href={pauseHref('lift', scope, name)}
                aria-label={`${suppressions.lift}: ${scope} ${name}`}
              >
                {suppressions.lift}
              </a>
            </td>
          )}
        </tr>
      ))}
    </Table>
  );
}

/** A GET form: what it leads to asks first. */
function Begin() {
  const { system } = useVisitor().texts;
  return (
    <details>
      <summary>{system.pauseNew}</summary>
      <form class="inline" method="get" action={`${AT}/new`}>
        <Select
          label={system.scope}
          name="scope"
          value="campaign"
          options={PAUSE_SCOPES.filter((scope) => scope !== 'all')}
          words
        />
        <Field label={system.name} name="name" required maxLength={200} />
        <button>{system.continue}</button>
      </form>
    </details>
  );
}

/** Whose sending is paused. */
export function pausedName({ texts }: Visitor, scope: PauseScope, name: string): string {
  return scope === 'all' ? texts.system.all : `${scope} ${name}`;
}

export function PauseView({
  scope,
  name,
  holds,
  from,
  back,
}: CameFrom & {
  scope: PauseScope;
  name: string;
  holds: number;
}) {
  const visitor = useVisitor();
  const { system } = visitor.texts;
  return (
    <Confirm
      title={system.pauseTitle(pausedName(visitor, scope, name))}
      action={AT}
      fields={{ scope, name, ...(from ? { from } : {}) }}
      submit={system.pauseSubmit}
      back={back}
      danger
    >
      <p>{system.pauseHolds(holds)}</p>
      <p>{visitor.texts.campaigns.dueWhilePaused}</p>
      <Field label={system.why} name="why" required maxLength={300} />
    </Confirm>
  );
}

export function LiftPauseView({
  standing,
  holds,
  outlook,
  from,
  back,
}: CameFrom & {
  standing: Omit<Pause, 'holds'>;
  holds: number;
  /** Of a campaign's pause: what becomes of what it holds. */
  outlook: HeldOutlook | null;
}) {
  const visitor = useVisitor();
  const { system, banner } = visitor.texts;
  const { scope, name, setBy, why } = standing;
  return (
    <Confirm
      title={system.liftTitle(pausedName(visitor, scope, name))}
      action={`${AT}/lift`}
      fields={{ scope, name, ...(from ? { from } : {}) }}
      submit={system.liftSubmit}
      back={back}
    >
      <p>{scope === 'all' ? banner.paused(setBy, why) : `${setBy}: ${why}`}</p>
      <p>{system.liftHolds(holds)}</p>
      {outlook && outlook.oldest !== null && (
        <p>
          {system.waitedSince(visitor.distance(outlook.oldest))} {system.secondLook}{' '}
          {outlook.left > 0 && system.leftSince(visitor.bounded(outlook.left))}{' '}
          {outlook.late.skip > 0 && system.lateSkipped(visitor.bounded(outlook.late.skip))}{' '}
          {outlook.late.ask > 0 && system.lateAsked(visitor.bounded(outlook.late.ask))}
        </p>
      )}
    </Confirm>
  );
}
