/** Campaigns: the list, the page of one with its funnel, and the questions before it is drained, stopped or opened. */
import { NEVER } from '../../core/instant.js';
import type { CampaignFigures, StepFigures, StoredCampaign } from '../../delivery/campaigns.sql.js';
import { useVisitor } from '../frame/visitor.js';
import { Confirm, Field } from '../parts/forms.js';
import { Empty, Facts, Pager, State, Table, Time } from '../parts/show.js';
import type { Texts } from '../texts/texts.js';
import { pauseHref } from './pauses.view.js';

const AT = '/console/campaigns';

interface List {
  campaigns: StoredCampaign[];
  next: string | null;
  deep: boolean;
}

export function CampaignsView({ campaigns, next, deep }: List) {
  const visitor = useVisitor();
  const { texts } = visitor;
  return (
    <>
      <h1>{texts.campaigns.title}</h1>
      {campaigns.length === 0 ? (
        <Empty title={texts.campaigns.emptyTitle}>
          <p>
            {texts.campaigns.empty} <code>rekindle apply</code>
          </p>
        </Empty>
      ) : (
        <Table
          label={texts.campaigns.title}
          head={[
            texts.campaigns.campaign,
            texts.campaigns.state,
            texts.campaigns.purpose,
            texts.campaigns.active,
            texts.campaigns.version,
          ]}
        >
          {campaigns.map((one) => (
            <tr key={one.id}>
              <td>
                <a href={hrefOf(one.id)}>{one.id}</a>
                {one.definition.description && <div class="soft">{one.definition.description}</div>}
              </td>
              <td>
                <State of={one.state} reason={one.cause?.why ?? null} />
              </td>
              <td>{one.definition.purpose}</td>
              <td>{visitor.number(one.active)}</td>
              <td>
                {one.version} · <Time at={one.appliedAt} />
              </td>
            </tr>
          ))}
        </Table>
      )}
      <Pager next={next} base={AT} deep={deep} ascending />
    </>
  );
}

function hrefOf(id: string): string {
  return `${AT}/${encodeURIComponent(id)}`;
}

export function CampaignView({
  campaign,
  figures,
}: {
  campaign: StoredCampaign;
  figures: CampaignFigures;
}) {
  const visitor = useVisitor();
  const { campaigns } = visitor.texts;
  const { id, definition, state, cause, version, appliedAt, appliedBy, source } = campaign;
  return (
    <>
      <div class="title">
        <h1>{id}</h1>
        {visitor.may('operator') && <Buttons of={campaign} />}
      </div>
      {definition.description && <p class="lead">{definition.description}</p>}
      <div class="columns">
        <section class="card" aria-labelledby="state">
          <h2 id="state">{campaigns.state}</h2>
          <Facts
            of={[
              [campaigns.state, <State of={state} />],
              ...(cause ? [[campaigns.because, `${cause.setBy}: ${cause.why}`] as const] : []),
              ...(cause && cause.until !== null && cause.until !== NEVER
                ? [[visitor.texts.system.until, <Time at={cause.until} />] as const]
                : []),
              [
                campaigns.purpose,
                [definition.purpose, definition.topic].filter(Boolean).join(', '),
              ],
              [
                campaigns.version,
                <>
                  {version}, <Time at={appliedAt} /> {appliedBy}
                </>,
              ],
            ]}
          />
          <p class="actions">
            <a href={`/console/messages?campaign=${encodeURIComponent(id)}`}>
              {campaigns.messages}
            </a>
          </p>
        </section>
        <Ends figures={figures} />
      </div>
      <Funnel campaign={id} figures={figures} />
      <section class="card" aria-labelledby="source">
        <div class="title">
          <h2 id="source">{campaigns.source}</h2>
          {state !== 'removed' && (
            <a href={`/console/definitions/campaign/${encodeURIComponent(id)}`}>
              {visitor.may('author') ? campaigns.change : visitor.texts.definitions.versions}
            </a>
          )}
        </div>
        <pre class="code" tabIndex={0}>
          {source}
        </pre>
      </section>
    </>
  );
}

function Buttons({ of: { id, state, paused, active } }: { of: StoredCampaign }) {
  const { campaigns, system } = useVisitor().texts;
  const closed = state === 'draining' || state === 'stopped';
  return (
    <p class="actions">
      {state !== 'removed' && state !== 'draft' && (
        <a class="button" data-ask href={pauseHref(paused ? 'lift' : 'new', 'campaign', id)}>
          {paused ? system.liftSubmit : system.pauseSubmit}
        </a>
      )}
      {state !== 'removed' && state !== 'draft' && !closed && (
        <a class="button" data-ask href={`${hrefOf(id)}/drain`}>
          {campaigns.changes.drain.submit}
        </a>
      )}
      {state !== 'removed' && state !== 'draft' && (state !== 'stopped' || active > 0) && (
        <a class="button danger" data-ask href={`${hrefOf(id)}/stop`}>
          {campaigns.changes.stop.submit}
        </a>
      )}
      {closed && (
        <a class="button" data-ask href={`${hrefOf(id)}/open`}>
          {campaigns.changes.open.submit}
        </a>
      )}
    </p>
  );
}

function Ends({ figures }: { figures: CampaignFigures }) {
  const visitor = useVisitor();
  const { campaigns } = visitor.texts;
  const { entered, active, converted, ended, refused } = figures;
  return (
    <section class="card" aria-labelledby="ends">
      <h2 id="ends">{campaigns.ends}</h2>
      <Facts
        of={[
          [campaigns.entered, visitor.number(entered)],
          [campaigns.active, visitor.number(active)],
          [campaigns.converted, visitor.number(converted)],
          ...Object.entries(ended).map(
            ([reason, n]) => [<code>{reason}</code>, visitor.number(n)] as const,
          ),
          ...Object.entries(refused).map(
            ([reason, n]) =>
              [
                <>
                  {campaigns.refused}: <code>{reason}</code>
                </>,
                visitor.number(n),
              ] as const,
          ),
        ]}
      />
    </section>
  );
}

function Funnel({ campaign, figures }: { campaign: string; figures: CampaignFigures }) {
  const visitor = useVisitor();
  const { campaigns, messages } = visitor.texts;
  const most = Math.max(1, ...figures.steps.map(({ arrived }) => arrived));
  return (
    <section class="card" aria-labelledby="funnel">
      <h2 id="funnel">{campaigns.funnel}</h2>
      <p class="soft">
        {campaigns.funnelAbout} {figures.approximate && messages.approximate}
      </p>
      {figures.entered === 0 ? (
        <p class="soft">{campaigns.noEnrolments}</p>
      ) : (
        <Table
          label={campaigns.funnel}
          head={[campaigns.step, campaigns.arrived, campaigns.here, campaigns.outcomes]}
        >
          {figures.steps.map((step) => (
            <tr key={step.step} class={step.kind === null ? 'soft' : undefined}>
              <td>
                {step.step} <span class="soft">{step.kind ?? campaigns.earlier}</span>
              </td>
              <td>
                <span class="number">{visitor.number(step.arrived)}</span>
                <meter min={0} max={most} value={step.arrived} aria-label={step.step} />
              </td>
              <td class="number">{step.waiting > 0 && visitor.number(step.waiting)}</td>
              <td>
                <Outcomes campaign={campaign} of={step} />
              </td>
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}

/** What became of a step: messages by state and reason, arms of a branch by their place. */
function Outcomes({ campaign, of }: { campaign: string; of: StepFigures }) {
  const visitor = useVisitor();
  const outcomes: { state: string; reason: string | null; n: number }[] = [
    ...(['sent', 'pending', 'failed', 'ambiguous'] as const).map((state) => ({
      state,
      reason: null,
      n: of[state],
    })),
    ...Object.entries(of.skipped).map(([reason, n]) => ({ state: 'skipped', reason, n })),
  ];
  const arms = Object.entries(of.arms);
  return (
    <ul class="ids">
      {outcomes
        .filter(({ n }) => n > 0)
        .map(({ state, reason, n }) => {
          const query = new URLSearchParams({
            campaign,
            step: of.step,
            state,
            ...(reason ? { reason } : {}),
          });
          return (
            <li key={`${state} ${reason}`}>
              <a href={`/console/messages?${query}`}>
                <State of={state} reason={reason} />
              </a>{' '}
              {visitor.number(n)}
            </li>
          );
        })}
      {arms.map(([arm, n]) => (
        <li key={arm}>
          <State
            of="arm"
            shown={
              arm === '-1'
                ? visitor.texts.campaigns.noArm
                : visitor.texts.campaigns.arm(Number(arm) + 1)
            }
          />{' '}
          {visitor.number(n)}
        </li>
      ))}
    </ul>
  );
}

interface Change {
  change: keyof Texts['campaigns']['changes'];
  campaign: StoredCampaign;
}

/** The question, with how many enrolments are under way. */
export function ChangeView({ change, campaign: { id, active } }: Change) {
  const { system, campaigns } = useVisitor().texts;
  const words = campaigns.changes[change];
  return (
    <Confirm
      title={words.title(id)}
      action={`${hrefOf(id)}/${change}`}
      fields={{}}
      submit={words.submit}
      back={hrefOf(id)}
      danger={change !== 'open'}
    >
      <p>{words.about(active)}</p>
      {change !== 'open' && <Field label={system.why} name="why" required maxLength={300} />}
    </Confirm>
  );
}
