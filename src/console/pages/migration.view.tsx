/** Moving those under way to the live version of a campaign: what that does, step by step, and the question. */
import type { MigrationPlan, PlannedStep } from '../../campaigns/plan-migration.js';
import { useVisitor } from '../frame/visitor.js';
import { Confirm } from '../parts/forms.js';
import { Empty, Facts, Table, Word } from '../parts/show.js';
import { campaignHref } from './campaign.view.js';
import { migrateHref } from './earlier-versions.view.js';

/** Fields of the form that say where somebody goes on: `map.STEP`. */
export const MAPPED = 'map.';

/** `targets`: the steps of the live version. */
export function MigrationView({ plan, targets }: { plan: MigrationPlan; targets: string[] }) {
  const visitor = useVisitor();
  const { migrations } = visitor.texts;
  const { campaign, to, steps, moves, stays, map, hash } = plan;
  const title = migrations.title(campaign, to);
  if (steps.length === 0)
    return (
      <Empty title={migrations.nobody}>
        <p>
          <a href={campaignHref(campaign)}>{campaign}</a>
        </p>
      </Empty>
    );
  return (
    <>
      <h1>{title}</h1>
      <p class="lead">{migrations.about}</p>
      <Steps plan={plan} targets={targets} />
      <Ends of={plan.endsAtOnce} />
      {moves === 0 ? (
        <p class="card">{migrations.nobodyMoves}</p>
      ) : (
        <Confirm
          title={migrations.question(moves)}
          action={migrateHref(campaign)}
          fields={{
            plan: hash,
            ...Object.fromEntries(Object.entries(map).map(([old, id]) => [`${MAPPED}${old}`, id])),
          }}
          submit={migrations.submit(moves)}
          back={campaignHref(campaign)}
          danger
        >
          <p>{migrations.numbers(moves, visitor.number(stays))}</p>
        </Confirm>
      )}
    </>
  );
}

function Steps({ plan, targets }: { plan: MigrationPlan; targets: string[] }) {
  const visitor = useVisitor();
  const { migrations } = visitor.texts;
  const known = new Set(targets);
  const asks = plan.steps.some(({ step }) => step !== null && !known.has(step));
  return (
    <form class="card" method="get" action={migrateHref(plan.campaign)}>
      <Table
        label={migrations.step}
        head={[migrations.from, migrations.step, migrations.people, migrations.to, migrations.then]}
        cards
      >
        {plan.steps.map((one, place) => (
          <tr key={place}>
            <td data-label={migrations.from}>{one.version}</td>
            <td data-label={migrations.step}>{one.step ?? migrations.beginning}</td>
            <td data-label={migrations.people}>{visitor.number(one.active)}</td>
            <td data-label={migrations.to}>
              {one.step === null || known.has(one.step) ? (
                (one.to ?? one.step ?? migrations.beginning)
              ) : (
                <Target step={one.step} value={plan.map[one.step]} targets={targets} />
              )}
            </td>
            <td data-label={migrations.then}>
              <Then of={one} />
            </td>
          </tr>
        ))}
      </Table>
      {asks && (
        <p class="actions">
          <button>{migrations.look}</button>
        </p>
      )}
      <Proposed plan={plan} />
    </form>
  );
}

/** Where those go on whose step was renamed, with a look at what that does. */
function Proposed({ plan: { campaign, steps, map } }: { plan: MigrationPlan }) {
  const { migrations } = useVisitor().texts;
  const pairs = new Map(
    steps.flatMap(({ step, proposed }) => (step && proposed ? [[step, proposed]] : [])),
  );
  if (pairs.size === 0) return null;
  const fields = Object.entries({ ...map, ...Object.fromEntries(pairs) });
  const query = new URLSearchParams(fields.map(([step, to]) => [`${MAPPED}${step}`, to]));
  return (
    <p class="notice">
      {migrations.proposed}{' '}
      {[...pairs].map(([step, to], place) => (
        <>
          {place > 0 && ', '}
          <code>
            {step} → {to}
          </code>
        </>
      ))}
      . <a href={`${migrateHref(campaign)}?${query}`}>{migrations.lookAtProposed}</a>
    </p>
  );
}

function Target({
  step,
  value,
  targets,
}: {
  step: string;
  value?: string | undefined;
  targets: string[];
}) {
  const { migrations } = useVisitor().texts;
  return (
    <select name={`${MAPPED}${step}`} aria-label={`${step}: ${migrations.to}`}>
      <option value="">{migrations.stay}</option>
      {targets.map((target) => (
        <option key={target} value={target} selected={target === value}>
          {target}
        </option>
      ))}
    </select>
  );
}

function Then({ of: { stays, waits, dueNow, late, behind } }: { of: PlannedStep }) {
  const visitor = useVisitor();
  const { migrations } = visitor.texts;
  if (stays) return <span class="soft">{migrations.stays[stays]}</span>;
  return (
    <>
      {waits === null ? migrations.atOnce : <code>{waits}</code>}
      {dueNow > 0 && <div>{migrations.dueNow(visitor.number(dueNow))}</div>}
      {late && <div>{migrations.late[late.then](visitor.number(late.n))}</div>}
      {behind > 0 && <div class="soft">{migrations.behind(visitor.number(behind))}</div>}
    </>
  );
}

function Ends({ of: { of, all, by } }: { of: MigrationPlan['endsAtOnce'] }) {
  const visitor = useVisitor();
  const { migrations } = visitor.texts;
  return (
    <section class="card" aria-labelledby="ends">
      <h2 id="ends">{migrations.endsTitle}</h2>
      {!all && <p class="soft">{migrations.endsOf(visitor.number(of))}</p>}
      {by.length === 0 ? (
        <p class="soft">{migrations.none}</p>
      ) : (
        <Facts
          of={by.map(({ because, n }) => [<Word of={because} />, visitor.number(n)] as const)}
        />
      )}
    </section>
  );
}
