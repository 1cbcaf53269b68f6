/** A campaign's funnel: how many came to each step, in the order in which they are written, and what became of them there. */
import type { CampaignFigures, StepFigures } from '../../delivery/campaigns.sql.js';
import type { CampaignDefinition, Step } from '../../language/definitions.js';
import { listsIn } from '../../language/steps.js';
import { useVisitor } from '../frame/visitor.js';
import { State, Table, Word } from '../parts/show.js';

interface Shown {
  definition: CampaignDefinition;
  figures: CampaignFigures;
}

export function Funnel({ definition, figures }: Shown) {
  const visitor = useVisitor();
  const campaign = definition.id;
  const depths = depthsOf(definition.steps);
  const { campaigns, message, messages } = visitor.texts;
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
          cards
        >
          {figures.steps.map((step) => (
            <tr key={step.step} class={step.kind === null ? 'soft' : undefined}>
              <td
                data-label={campaigns.step}
                class={`within-${Math.min(3, depths.get(step.step) ?? 0)}`}
              >
                {step.step}{' '}
                <span class="soft">
                  {step.kind === null ? campaigns.earlier : <Word of={step.kind} />}
                </span>
                {step.kind === 'send' && step.arrived > 0 && visitor.may('operator') && (
                  <div>
                    <a data-ask href={copyHref(campaign, step.step)}>
                      {message.does.copy.link}
                    </a>
                  </div>
                )}
              </td>
              <td data-label={campaigns.arrived}>
                <span class="number">{visitor.number(step.arrived)}</span>
                <meter min={0} max={most} value={step.arrived} aria-label={step.step} />
              </td>
              <td class="number" data-label={campaigns.here}>
                {step.waiting > 0 && visitor.number(step.waiting)}
              </td>
              <td data-label={campaigns.outcomes}>
                <Outcomes campaign={campaign} of={step} />
              </td>
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}

/** By step: in how many others it stands. */
function depthsOf(
  steps: readonly Step[],
  depth = 0,
  depths = new Map<string, number>(),
): ReadonlyMap<string, number> {
  for (const step of steps) {
    depths.set(step.id, depth);
    for (const list of listsIn(step)) depthsOf(list, depth + 1, depths);
  }
  return depths;
}

/** Where a step is sent to oneself. */
function copyHref(campaign: string, step: string): string {
  return `/console/campaigns/${encodeURIComponent(campaign)}/steps/${encodeURIComponent(step)}/copy`;
}

/** What became of a step: messages by state and reason, arms of a branch by their place, ways to leave the others. */
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
  const { left } = visitor.texts.campaigns;
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
      {Object.entries(of.outcomes).map(([outcome, n]) => (
        <li key={outcome}>
          <State of={outcome} shown={left[outcome] ?? outcome.replace(/^split:/, '')} />{' '}
          {visitor.number(n)}
        </li>
      ))}
      {of.ended > 0 && (
        <li key="ended">
          <State of="ended" shown={visitor.texts.campaigns.endedHere} /> {visitor.number(of.ended)}
        </li>
      )}
    </ul>
  );
}
