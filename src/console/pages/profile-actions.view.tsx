/** Forms and questions about one profile: enrol, exit, send an event, topics, leave alone. */
import type { StoredEnrolment } from '../../campaigns/enrolments.sql.js';
import type { EnrolAnswer } from '../../ingest/enrol-request.js';
import type { StoredProfile } from '../../ingest/profiles.sql.js';
import type { ProfilePause } from '../../messages/profile-pauses.sql.js';
import { useVisitor } from '../frame/visitor.js';
import { Confirm, Csrf, Field, Select, TextArea } from '../parts/forms.js';
import { Empty, Facts, Json, State, Table, Time } from '../parts/show.js';
import { campaignHref } from './campaign.view.js';
import { fieldName } from './entry-fields.js';
import { EVERY_TOPIC, Standing, type TopicStanding } from './profile-consent.view.js';
import { Heading, nameOf, profileHref } from './profile-parts.view.js';

export interface Enrol {
  profile: StoredProfile;
  /** Those that can be entered. */
  campaigns: string[];
  /** Chosen already; null: the choice comes first, because campaigns ask for different data. */
  campaign: string | null;
  /** What its entry data must have. */
  fields: string[];
  /** By which a form that is sent twice is known. */
  formKey: string;
  /** As it was typed, and what is wrong with it. */
  form: Readonly<Record<string, unknown>>;
  problem: string | null;
}

export function EnrolView({ profile, campaigns, campaign, fields, formKey, ...typed }: Enrol) {
  const value = (name: string): string => {
    const written = typed.form[name];
    return typeof written === 'string' ? written : '';
  };
  const { profiles } = useVisitor().texts;
  const at = profileHref(profile.id, 'enrol');
  return (
    <>
      <Heading title={profiles.enrol} profile={profile} />
      {campaigns.length === 0 && <Empty title={profiles.noCampaigns} />}
      {campaigns.length > 0 && (
        <form class="inline" method="get" action={at}>
          <Select
            label={profiles.campaign}
            name="campaign"
            value={campaign ?? undefined}
            options={campaigns}
          />
          <button class={campaign === null ? 'first' : undefined}>{profiles.choose}</button>
        </form>
      )}
      {campaign !== null && (
        <form class="card narrow" method="post" action={at}>
          <Csrf />
          <input type="hidden" name="campaign" value={campaign} />
          <input type="hidden" name="key" value={formKey} />
          {typed.problem !== null && (
            <p class="problem" role="alert">
              {typed.problem}
            </p>
          )}
          <p>{profiles.enrolAbout(campaign)}</p>
          {fields.map((field) => (
            <Field
              key={field}
              label={field}
              name={fieldName(field)}
              value={value(fieldName(field))}
              required
              maxLength={1_000}
            />
          ))}
          <TextArea label={profiles.entryJson} name="json" rows={4} value={value('json')} />
          <p class="actions">
            <button class="first">{profiles.enrol}</button>
            <a class="button quiet" href={profileHref(profile.id)}>
              {useVisitor().texts.common.cancel}
            </a>
          </p>
        </form>
      )}
    </>
  );
}

export function OutcomeView({
  profile,
  campaign,
  outcome,
}: {
  profile: StoredProfile;
  campaign: string;
  outcome: EnrolAnswer;
}) {
  const { profiles } = useVisitor().texts;
  return (
    <>
      <Heading title={profiles.enrol} profile={profile} />
      <section class="card narrow" role="status">
        <Outcome of={outcome} />
        <p class="actions">
          <a class="button" href={profileHref(profile.id)}>
            {profiles.backTo(nameOf(profile))}
          </a>
          <a class="button quiet" href={campaignHref(campaign)}>
            {campaign}
          </a>
        </p>
      </section>
    </>
  );
}

function Outcome({ of }: { of: EnrolAnswer }) {
  const { profiles } = useVisitor().texts;
  switch (of.kind) {
    case 'decided':
      return of.outcome.entered ? (
        <p>
          <State of="active" shown={profiles.didEnter} />
        </p>
      ) : (
        <>
          <p>
            <State of="skipped" shown={profiles.didNotEnter} reason={of.outcome.because} />
          </p>
          {of.outcome.detail && <Json value={of.outcome.detail} />}
        </>
      );
    case 'pending':
      return <p>{profiles.engineWillDecide}</p>;
    case 'needs':
      return (
        <p class="problem">
          {profiles.needs} <code>{of.missing.join(', ')}</code>
        </p>
      );
    case 'unknown_campaign':
    case 'unknown_profile':
    case 'other_request':
      return <p class="problem">{profiles.cannotEnrol[of.kind]}</p>;
  }
}

export function ExitView({
  profile,
  enrolment: { id, campaign, step, enteredAt },
  waiting,
}: {
  profile: StoredProfile;
  enrolment: StoredEnrolment;
  waiting: number;
}) {
  const { profiles, system } = useVisitor().texts;
  return (
    <Confirm
      title={profiles.exitTitle(nameOf(profile), campaign)}
      action={profileHref(profile.id, `enrolments/${id}/exit`)}
      fields={{}}
      submit={profiles.exit}
      back={profileHref(profile.id)}
      danger
    >
      <Facts
        of={[
          [profiles.entered, <Time at={enteredAt} />],
          [profiles.at, step ?? profiles.beforeFirst],
        ]}
      />
      <p>{profiles.exitAbout(waiting)}</p>
      <Field label={system.why} name="why" required maxLength={300} />
    </Confirm>
  );
}

export function EventView({
  profile,
  known,
  formKey,
}: {
  profile: StoredProfile;
  /** Names that live definitions read. */
  known: string[];
  formKey: string;
}) {
  const { profiles, common } = useVisitor().texts;
  return (
    <>
      <Heading title={profiles.sendEvent} profile={profile} />
      <form class="card narrow" method="post" action={profileHref(profile.id, 'event')}>
        <Csrf />
        <input type="hidden" name="key" value={formKey} />
        <p>{profiles.eventAbout}</p>
        <Field label={profiles.eventName} name="name" required maxLength={200} list="known" />
        <datalist id="known">
          {known.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <TextArea label={profiles.propertiesJson} name="json" rows={5} />
        <p class="actions">
          <button class="first">{profiles.sendEvent}</button>
          <a class="button quiet" href={profileHref(profile.id)}>
            {common.cancel}
          </a>
        </p>
      </form>
    </>
  );
}

export function TopicsView({
  profile,
  topics,
}: {
  profile: StoredProfile;
  topics: TopicStanding[];
}) {
  const { profiles, common } = useVisitor().texts;
  return (
    <>
      <Heading title={profiles.changeTopics} profile={profile} />
      <form class="card" method="post" action={profileHref(profile.id, 'topics')}>
        <Csrf />
        <p>{profiles.topicsAbout}</p>
        <Table
          label={profiles.topics}
          head={[profiles.topic, profiles.nowIs, profiles.becomes]}
          cards
        >
          {topics.map(({ topic, name, said, ...standing }) => {
            const label = topic === EVERY_TOPIC ? profiles.everyTopic : topic;
            return (
              <tr key={topic}>
                <td data-label={profiles.topic}>
                  <span>{label}</span> {name !== null && <div class="soft">{name}</div>}
                </td>
                <td data-label={profiles.nowIs}>
                  {topic === EVERY_TOPIC && said === null ? (
                    <span class="soft">{profiles.nothingSaid}</span>
                  ) : (
                    <Standing {...standing} />
                  )}
                </td>
                <td data-label={profiles.becomes}>
                  <select name={`topic.${topic}`} aria-label={label}>
                    <option value="">{profiles.asItIs}</option>
                    <option value="yes">{profiles.subscribed}</option>
                    <option value="no">{profiles.unsubscribed}</option>
                  </select>
                </td>
              </tr>
            );
          })}
        </Table>
        <Field label={profiles.saidWhere} name="source" required maxLength={300} />
        <p class="actions">
          <button class="first">{profiles.store}</button>
          <a class="button quiet" href={profileHref(profile.id)}>
            {common.cancel}
          </a>
        </p>
      </form>
    </>
  );
}

export function PauseOfView({
  profile,
  days,
  waiting,
}: {
  profile: StoredProfile;
  days: number;
  waiting: number;
}) {
  const { profiles, system } = useVisitor().texts;
  return (
    <Confirm
      title={profiles.leaveAloneTitle(nameOf(profile))}
      action={profileHref(profile.id, 'pause')}
      fields={{}}
      submit={profiles.leaveAlone}
      back={profileHref(profile.id)}
    >
      <p>{profiles.leaveAloneAbout}</p>
      <p>{profiles.leaveAloneWaiting(waiting)}</p>
      <Field label={profiles.days} name="days" type="number" min={1} max={366} value={days} />
      <Field label={system.why} name="why" required maxLength={300} />
    </Confirm>
  );
}

export function LiftPauseOfView({
  profile,
  standing: { until, setBy, why },
}: {
  profile: StoredProfile;
  standing: ProfilePause;
}) {
  const { profiles } = useVisitor().texts;
  return (
    <Confirm
      title={profiles.liftPauseTitle(nameOf(profile))}
      action={profileHref(profile.id, 'pause/lift')}
      fields={{}}
      submit={profiles.liftPause}
      back={profileHref(profile.id)}
    >
      <p>
        {setBy}: {why}
      </p>
      <p>
        {profiles.wouldLast} <Time at={until} />
      </p>
    </Confirm>
  );
}
