/** Why somebody got mail of a campaign, or did not: the verdict, what stands in the way, the way in clause by clause. */
import { sayHeld, type Verdict } from '../../delivery/explain-entry.js';
import type { StoredEnrolment } from '../../campaigns/enrolments.sql.js';
import type { ExplainedProfile } from '../../delivery/explain-profile.js';
import type { StoredCampaign } from '../../delivery/campaigns.sql.js';
import { NEVER } from '../../core/instant.js';
import { printRule } from '../../language/campaigns/print-step.js';
import type { StoredProfile } from '../../ingest/profiles.sql.js';
import { useVisitor } from '../frame/visitor.js';
import { Field, Select } from '../parts/forms.js';
import { Empty, Facts, State, Table, Time, Word } from '../parts/show.js';
import { campaignHref } from './campaign.view.js';
import { Because, Entered, Standing, WayIn } from './explain-clauses.view.js';
import { Obstacles } from './explain-obstacles.view.js';
import { Numbers } from './numbers.view.js';
import { Heading, profileHref } from './profile-parts.view.js';

interface Explain {
  profile: StoredProfile;
  /** Live ones, to choose from. */
  campaigns: string[];
  campaign: StoredCampaign | null;
  explained: ExplainedProfile | null;
  /** As it was asked; null: as of now. */
  asOf: string | null;
}

export function ExplainView({ profile, campaigns, campaign, explained, asOf }: Explain) {
  const { explain } = useVisitor().texts;
  return (
    <>
      <Heading title={explain.title} profile={profile} />
      {campaigns.length === 0 ? (
        <Empty title={explain.noCampaigns} />
      ) : (
        <form class="inline" method="get" action={profileHref(profile.id, 'explain')}>
          <Select
            label={explain.campaign}
            name="campaign"
            value={campaign?.id}
            options={campaigns}
          />
          <Field label={explain.asOf} name="at" type="datetime-local" step="1" value={asOf ?? ''} />
          <button class={campaign ? undefined : 'first'}>{explain.submit}</button>
        </form>
      )}
      {campaign && explained && <Explained campaign={campaign} of={explained} />}
    </>
  );
}

function Explained({ campaign, of }: { campaign: StoredCampaign; of: ExplainedProfile }) {
  const { explain } = useVisitor().texts;
  const { verdict } = of;
  return (
    <>
      <section class="card" aria-labelledby="verdict">
        <h2 id="verdict">{explain.verdict}</h2>
        <p class="says">
          <Says of={verdict} />
        </p>
        <Facts
          of={[
            [
              explain.campaign,
              <>
                <a href={campaignHref(campaign.id)}>{campaign.id}</a> <State of={campaign.state} />
              </>,
            ],
            [
              of.mail.next === 'if_it_enters' ? explain.ifItEnters : explain.obstacles,
              <Obstacles of={of.mail} />,
            ],
          ]}
        />
      </section>
      {of.standing ? <Standing of={of.standing} /> : <WayIn of={of.way} />}
      {of.entered && <Entered of={of.entered} at={of.enrolments[0]!.enteredAt} />}
      <Enrolments of={of} />
      <Refusals of={of} />
      <Messages of={of} />
    </>
  );
}

function Says({ of }: { of: Verdict }) {
  const { explain } = useVisitor().texts;
  switch (of.is) {
    case 'in_it': {
      const { enteredAt, step, dueAt } = of.enrolment;
      const awaited = of.step?.kind === 'wait_for' ? printRule(of.step.rule) : null;
      const held = sayHeld(of.enrolment);
      return (
        <>
          {explain.inIt} <Time at={enteredAt} />
          {of.enrolment.heldOut && `, ${explain.heldOut}`}
          {step === null ? `, ${explain.beforeFirst}` : `, ${explain.at} ${step}`}
          {awaited !== null && (
            <>
              {', '}
              {explain.waitsFor} <code>{awaited}</code>
            </>
          )}
          {held !== null && (
            <>
              {', '}
              {explain.heldBy} <code>{held}</code>
            </>
          )}
          {dueAt !== NEVER && (
            <>
              {', '}
              {awaited === null && held === null ? explain.goesOn : explain.untilThen}{' '}
              <Time at={dueAt} />
            </>
          )}
        </>
      );
    }
    case 'was_in_it':
      return <Was of={of.enrolment} />;
    case 'refused': {
      const { per } = of.refusal.detail;
      return (
        <>
          {of.before && (
            <>
              <Was of={of.before} />;{' '}
            </>
          )}
          {of.before ? explain.refusedAgain : explain.refused} <Time at={of.refusal.at} />:{' '}
          <State
            of="refused"
            shown={
              typeof per === 'string' ? explain.sameValue(per) : <Word of={of.refusal.reason} />
            }
          />
        </>
      );
    }
    case 'awaited':
      return of.at === NEVER ? (
        explain.awaitsEvent
      ) : (
        <>
          {explain.awaited} <Time at={of.at} />
        </>
      );
    case 'closed':
      return (
        <>
          {explain.closed} <State of={of.state} />
        </>
      );
    case 'never_asked':
      return (
        <>
          {explain.neverAsked} {missingText(of.missing, explain)}
        </>
      );
  }
}

function Was({ of }: { of: StoredEnrolment }) {
  const { explain } = useVisitor().texts;
  return (
    <>
      {explain.wasInIt} <Time at={of.enteredAt} /> – <Time at={of.endedAt} />
      {of.heldOut && `, ${explain.heldOut}`}:{' '}
      <State of={of.endReason ?? of.state} reason={of.endBecause} />
    </>
  );
}

type Texts = ReturnType<typeof useVisitor>['texts']['explain'];

function missingText(missing: Extract<Verdict, { is: 'never_asked' }>['missing'], explain: Texts) {
  switch (missing.what) {
    case 'membership':
    case 'early_membership':
      return explain.missing[missing.what](missing.segment);
    case 'imported_event':
      return explain.missing.imported((missing.names ?? []).join(', '));
    case 'event':
      return missing.names === null
        ? explain.missing.anyEvent
        : explain.missing.event(missing.names.join(', '));
    case 'date':
    case 'change':
      return explain.missing[missing.what](missing.trait);
    case 'request':
    case 'schedule':
    case 'broadcast':
      return explain.missing[missing.what];
    case 'match':
      return (
        <>
          {missing.by === 'schedule' ? explain.missing.strike : explain.missing.match}{' '}
          <Time at={missing.broadcast.at} />: <State of={missing.broadcast.outcome} />
        </>
      );
  }
}

function Enrolments({ of: { enrolments } }: { of: ExplainedProfile }) {
  const { explain, profiles, webhooks } = useVisitor().texts;
  if (enrolments.length === 0) return null;
  return (
    <section class="card" aria-labelledby="enrolments">
      <h2 id="enrolments">{profiles.enrolments}</h2>
      {enrolments.map(
        ({ id, enteredAt, trigger, version, state, endReason, endBecause, steps, moves }) => (
          <details key={id} open={state === 'active'}>
            <summary>
              <Time at={enteredAt} /> <State of={endReason ?? state} reason={endBecause} />{' '}
              <span class="soft">
                v{version}, {trigger}
              </span>
            </summary>
            {moves.map(({ at, from, to, by }) => (
              <p key={at}>
                <Time at={at} /> {profiles.did.moved(from, to, by)}
              </p>
            ))}
            {steps.length > 0 && (
              <Table
                label={explain.steps}
                head={[explain.step, explain.arrived, explain.settled, explain.outcome]}
              >
                {steps.map(
                  ({ step, iteration, arrivedAt, settledAt, outcome, call, mail, why, arm }) => (
                    <tr key={`${step} ${iteration}`}>
                      <td>{step}</td>
                      <td>
                        <Time at={arrivedAt} />
                      </td>
                      <td>
                        <Time at={settledAt} />
                      </td>
                      <td>
                        {mail ? (
                          <a href={`/console/messages/${mail.messageId}`}>
                            <State of={mail.state} reason={mail.reason} />
                          </a>
                        ) : (
                          <Outcome of={outcome} />
                        )}{' '}
                        {arm !== null && <code>{arm}</code>}
                        {call && (
                          <>
                            {' '}
                            <a
                              href={`/console/webhooks/${call.endpointId}/deliveries/${call.deliveryId}`}
                            >
                              <State of={call.state} reason={call.reason} />
                              {call.waitsFor !== null &&
                                `: ${webhooks.secretMissing(call.waitsFor)}`}
                            </a>
                          </>
                        )}
                        {why && <Because of={why} />}
                      </td>
                    </tr>
                  ),
                )}
              </Table>
            )}
          </details>
        ),
      )}
    </section>
  );
}

/** `skipped:if`, `split:discount`: what became of a step, and why or which way. */
function Outcome({ of }: { of: string }) {
  const [what = '', which] = of.split(':', 2);
  if (what === 'skipped') return <State of={what} reason={which ?? null} />;
  return (
    <>
      <Word of={what} />
      {which !== undefined && what !== 'branch' && (
        <>
          {': '}
          <Word of={which} />
        </>
      )}
    </>
  );
}

function Refusals({ of: { refusals } }: { of: ExplainedProfile }) {
  const { campaigns, explain } = useVisitor().texts;
  if (refusals.length === 0) return null;
  return (
    <section class="card" aria-labelledby="refusals">
      <h2 id="refusals">{explain.refusals}</h2>
      <Table label={explain.refusals} head={[campaigns.at, campaigns.reason, campaigns.numbers]}>
        {refusals.map(({ id, at, reason, detail, why }) => (
          <tr key={id}>
            <td>
              <Time at={at} />
            </td>
            <td>
              <State of="refused" shown={<Word of={reason} />} />
            </td>
            <td>
              {why && <Because of={why} />}
              {!why && <Numbers of={detail} />}
            </td>
          </tr>
        ))}
      </Table>
    </section>
  );
}

function Messages({ of: { messages } }: { of: ExplainedProfile }) {
  const { messages: texts, message, profiles } = useVisitor().texts;
  if (messages.length === 0) return null;
  return (
    <section class="card" aria-labelledby="messages">
      <h2 id="messages">{profiles.messages}</h2>
      <Table
        label={profiles.messages}
        head={[message.did.decided, texts.state, texts.step, texts.subject]}
      >
        {messages.map(
          ({ id, decidedAt, state, reason, detail, step, subject, purpose, address }) => (
            <tr key={id}>
              <td>
                <a href={`/console/messages/${id}`}>
                  <Time at={decidedAt} />
                </a>
              </td>
              <td>
                <State of={state} reason={reason} />
                {reason !== null && <Numbers of={detail} />}
              </td>
              <td>
                {step}
                {purpose === 'notice' && (
                  <div class="soft">
                    <Word of={purpose} /> → {address ?? '–'}
                  </div>
                )}
              </td>
              <td>{subject}</td>
            </tr>
          ),
        )}
      </Table>
    </section>
  );
}
