/** Where a profile stands in campaigns: what it waits for and until when, what would end it; and what it has been in. */
import type { StoredEnrolment } from '../../campaigns/enrolments.sql.js';
import { awaitedSend, toProgram } from '../../campaigns/program.js';
import { formatElapsed } from '../../core/duration.js';
import { NEVER } from '../../core/instant.js';
import { sayHeld } from '../../delivery/explain-entry.js';
import { printGoal, printRule, printWait } from '../../language/campaigns/print-step.js';
import { printCondition } from '../../language/conditions/print-condition.js';
import type { CampaignDefinition } from '../../language/definitions.js';
import { useVisitor } from '../frame/visitor.js';
import { Distance, Facts, State, Table, Time } from '../parts/show.js';
import { campaignHref } from './campaign.view.js';
import { profileHref } from './profile-parts.view.js';
import type { ProfileFacts } from './profile-facts.js';

export function Enrolments({ profile, enrolments, versions }: ProfileFacts) {
  const { profiles } = useVisitor().texts;
  const active = enrolments.filter(({ state }) => state === 'active');
  const ended = enrolments.filter(({ state }) => state !== 'active');
  return (
    <section class="card" aria-labelledby="enrolments">
      <h2 id="enrolments">{profiles.enrolments}</h2>
      {active.length === 0 && (
        <p class="soft">{ended.length === 0 ? profiles.noEnrolments : profiles.notUnderWay}</p>
      )}
      <ul class="stands">
        {active.map((one) => (
          <Standing
            key={one.id}
            profileId={profile.id}
            of={one}
            definition={versions.get(`${one.campaign}/${one.version}`) ?? null}
          />
        ))}
      </ul>
      {ended.length > 0 && <Ended of={ended} />}
    </section>
  );
}

interface One {
  profileId: number;
  of: StoredEnrolment;
  /** Of its version. */
  definition: CampaignDefinition | null;
}

function Standing({ profileId, of, definition }: One) {
  const visitor = useVisitor();
  const { profiles } = visitor.texts;
  const { id, campaign, version, step, dueAt, enteredAt } = of;
  return (
    <li>
      <div class="title">
        <h3>
          <a href={campaignHref(campaign)}>{campaign}</a> <span class="soft">v{version}</span>
        </h3>
        {visitor.may('operator') && (
          <a
            data-ask
            href={profileHref(profileId, `enrolments/${id}/exit`)}
            aria-label={profiles.exitOf(campaign)}
          >
            {profiles.exit}
          </a>
        )}
      </div>
      <Facts
        of={[
          [profiles.entered, <Time at={enteredAt} />],
          [profiles.at, step ?? profiles.beforeFirst],
          [profiles.waits, <Waits of={of} definition={definition} />],
          ...(dueAt === NEVER
            ? []
            : [
                [
                  profiles.until,
                  <>
                    <Time at={dueAt} /> <span class="soft">({<Distance at={dueAt} />})</span>
                  </>,
                ] as const,
              ]),
          [profiles.wouldEnd, <WouldEnd of={of} definition={definition} />],
        ]}
      />
    </li>
  );
}

/** The wait as it is written and the mail behind it; of a mail that may not go yet, what holds it. */
function Waits({ of, definition }: Omit<One, 'profileId'>) {
  const { profiles, explain, common } = useVisitor().texts;
  const { step } = of;
  const held = sayHeld(of);
  if (held !== null)
    return (
      <>
        {explain.heldBy} <code>{held}</code>
      </>
    );
  if (step === null || !definition) return <span class="soft">{common.none}</span>;
  const program = toProgram(definition);
  const at = program.steps.get(step)?.step;
  const wait = at ? printWait(at) : null;
  const next = awaitedSend(program, step);
  return (
    <>
      {wait !== null && <code>{wait}</code>}{' '}
      {next !== null && next !== step && (
        <span class="soft">
          {profiles.then} {next}
        </span>
      )}
    </>
  );
}

/** The exits of its version in the words of the file, and what ends it without being written. */
function WouldEnd({ of, definition }: Omit<One, 'profileId'>) {
  const { profiles, common } = useVisitor().texts;
  if (!definition) return <span class="soft">{common.none}</span>;
  const { enter, exit, while: stays, endsAfterMs, goal } = definition;
  const leaves = enter.kind === 'segment' && enter.ifLeft === 'exit' ? enter.segment : null;
  const written = [
    ...exit.map(printRule),
    ...(goal?.ends ? [printGoal(goal)] : []),
    ...(stays ? [`while: { ${printCondition(stays)} }`] : []),
  ];
  return (
    <ul class="plain tight">
      {written.map((text) => (
        <li key={text}>
          <code>{text}</code>
        </li>
      ))}
      {endsAfterMs !== undefined && (
        <li>
          <code>ends_after: {formatElapsed(endsAfterMs)}</code>{' '}
          <Time at={of.enteredAt + endsAfterMs} />
        </li>
      )}
      {leaves !== null && (
        <li>
          {profiles.leaving}{' '}
          <a href={`/console/segments/${encodeURIComponent(leaves)}`}>{leaves}</a>
        </li>
      )}
      <li class="soft">{profiles.itsEnd}</li>
    </ul>
  );
}

function Ended({ of }: { of: StoredEnrolment[] }) {
  const { profiles } = useVisitor().texts;
  return (
    <Table
      label={profiles.endedOnes}
      head={[profiles.campaign, profiles.state, profiles.entered, profiles.ended]}
    >
      {of.map(({ id, campaign, version, endReason, endBecause, state, enteredAt, endedAt }) => (
        <tr key={id}>
          <td>
            <a href={campaignHref(campaign)}>{campaign}</a> <span class="soft">v{version}</span>
          </td>
          <td>
            <State of={endReason ?? state} reason={endBecause} />
          </td>
          <td>
            <Time at={enteredAt} />
          </td>
          <td>
            <Time at={endedAt} />
          </td>
        </tr>
      ))}
    </Table>
  );
}
