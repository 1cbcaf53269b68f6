/** What an apply would do: each change in the language's words, whom it touches, and the button that does exactly this. */
import type { SaidChange, SaidPlan } from '../../campaigns/plan-changes.js';
import type { CampaignImpact, SegmentImpact } from '../../campaigns/plan-impact.sql.js';
import { useVisitor } from '../frame/visitor.js';
import { Csrf } from '../parts/forms.js';
import { State, Table, Time, Word } from '../parts/show.js';
import { Diff } from './definition-history.view.js';

interface Drafted {
  plan: SaidPlan;
  /** As it is to be, and as it is live; '' when it is not. */
  text: string;
  written: string;
  href: string;
}

export function Planned({ plan, text, written, href }: Drafted) {
  const { definitions } = useVisitor().texts;
  if (plan.changes.length === 0)
    return (
      <p class="notice" role="status">
        {definitions.noChange}
      </p>
    );
  const { segments, campaigns } = plan.impact;
  return (
    <section class="card" aria-labelledby="plan">
      <h2 id="plan">{definitions.plan}</h2>
      {plan.changes.map((change) => (
        <Changed key={`${change.kind} ${change.name}`} of={change} />
      ))}
      {segments.length > 0 && <Segments of={segments} />}
      {campaigns.length > 0 && <Campaigns of={campaigns} />}
      <p class="soft">{definitions.notYourFiles}</p>
      <details>
        <summary>{definitions.asText}</summary>
        <Diff before={written} after={text} />
      </details>
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

/** Before and after, statement by statement. */
function Changed({ of: { kind, name, change, from, to, says } }: { of: SaidChange }) {
  const { definitions } = useVisitor().texts;
  return (
    <>
      <h3>
        <State of={change} /> <Word of={kind} /> {name} {from === null ? '' : `v${from} → `}
        {to !== null && `v${to}`}
      </h3>
      {says.length === 0 ? (
        <p class="soft">{definitions.meansTheSame}</p>
      ) : (
        change !== 'removed' && (
          <Table
            label={`${kind} ${name}`}
            head={[definitions.place, definitions.before, definitions.after]}
          >
            {says.map(({ place, before, after }, row) => (
              <tr key={row}>
                <td>{place}</td>
                <td>
                  <Said of={before} />
                </td>
                <td>
                  <Said of={after} />
                </td>
              </tr>
            ))}
          </Table>
        )
      )}
    </>
  );
}

function Said({ of }: { of: string | null }) {
  return of === null ? <span class="soft">–</span> : <code>{of}</code>;
}

function Segments({ of }: { of: SegmentImpact[] }) {
  const visitor = useVisitor();
  const { definitions } = visitor.texts;
  return (
    <>
      <h3>{definitions.segmentsTouched}</h3>
      <p class="soft">{definitions.segmentsAbout}</p>
      <Table
        label={definitions.segmentsTouched}
        head={[
          definitions.name,
          definitions.members,
          definitions.joins,
          definitions.leaves,
          definitions.ends,
        ]}
      >
        {of.map(({ segment, members, joins, leaves, ends, young }) => (
          <tr key={segment}>
            <td>
              {segment}
              {young && <div class="soft">{definitions.young(young.young, young.all)}</div>}
            </td>
            <td>{visitor.number(members)}</td>
            <td>{visitor.number(joins)}</td>
            <td>{visitor.number(leaves)}</td>
            <td>
              {ends.map(({ campaign, n }) => `${campaign}: ${visitor.number(n)}`).join(', ') || '0'}
            </td>
          </tr>
        ))}
      </Table>
    </>
  );
}

function Campaigns({ of }: { of: CampaignImpact[] }) {
  const visitor = useVisitor();
  const { definitions } = visitor.texts;
  const active = of.flatMap(({ inFlight }) => inFlight).reduce((sum, one) => sum + one.active, 0);
  return (
    <>
      <h3>{definitions.campaignsTouched}</h3>
      <ul class="plain tight">
        {of.map(({ campaign, entersNow, lacks, expected, slow, young, waiting }) => (
          <li key={campaign}>
            {lacks.length > 0
              ? definitions.lacks(campaign, lacks.join(', '))
              : definitions.entersNow(campaign, entersNow)}
            {expected && (
              <>
                {' '}
                {definitions.expected[expected.what](expected.n)}
                {expected.what === 'strike' && (
                  <>
                    {' '}
                    <Time at={expected.from} />
                  </>
                )}
              </>
            )}
            {young && <div>{definitions.young(young.young, young.all)}</div>}
            {slow && (
              <div>
                {definitions.slow(
                  slow.members,
                  slow.pace,
                  visitor.number(slow.hoursADay),
                  slow.days,
                )}
              </div>
            )}
            {waiting.map(({ what, n, kept }) => (
              <div key={`${what} ${kept}`}>
                {definitions.waiting[what](n)}, {definitions[kept ? 'waitingKept' : 'waitingGone']}
              </div>
            ))}
          </li>
        ))}
      </ul>
      <p>{definitions.inFlight(active)}</p>
      {active > 0 && (
        <Table
          label={definitions.inFlight(active)}
          head={[definitions.name, definitions.version, definitions.step, definitions.active]}
        >
          {of.flatMap(({ campaign, inFlight }) =>
            inFlight.map(({ version, step, active: n, kept }) => (
              <tr key={`${campaign} ${version} ${step}`}>
                <td>{campaign}</td>
                <td>{version}</td>
                <td>
                  {step ?? definitions.beginning}{' '}
                  {!kept && <span class="soft">{definitions.noSuchStep}</span>}
                </td>
                <td>{visitor.number(n)}</td>
              </tr>
            )),
          )}
        </Table>
      )}
    </>
  );
}
