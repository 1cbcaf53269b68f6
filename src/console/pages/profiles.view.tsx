/** One profile: who it is, what it did, where it stands, what it got. */
import type { StoredEnrolment } from '../../campaigns/enrolments.sql.js';
import type { SendLogRow } from '../../delivery/send-log.sql.js';
import type { StoredEvent, StoredProfile } from '../../ingest/profiles.sql.js';
import type { Suppression } from '../../messages/suppressions.sql.js';
import type { Membership } from '../../segments/segments.sql.js';
import { useVisitor } from '../frame/visitor.js';
import { Field } from '../parts/forms.js';
import { Empty, Facts, Json, Pager, State, Table, Time, Value } from '../parts/show.js';

const AT = '/console/profiles';

export function FindView({
  asked,
  found,
}: {
  asked: string | undefined;
  found: { id: number; address: string }[];
}) {
  const { profiles } = useVisitor().texts;
  return (
    <>
      <h1>{profiles.title}</h1>
      <form class="inline" method="get" action={AT}>
        <div class="wide">
          <Field label={profiles.find} name="id" value={asked} type="search" required />
        </div>
        <button class="first">{profiles.submit}</button>
      </form>
      {found.length > 0 && (
        <section class="card" aria-labelledby="found">
          <h2 id="found">{profiles.several}</h2>
          <ul>
            {found.map(({ id, address }) => (
              <li key={id}>
                <a href={`${AT}/${id}`}>{profiles.profile(id)}</a> {address}
              </li>
            ))}
          </ul>
        </section>
      )}
      {asked !== undefined && found.length === 0 && (
        <Empty title={profiles.notFound(asked)}>
          <p>{profiles.hint}</p>
        </Empty>
      )}
    </>
  );
}

interface EventList {
  items: StoredEvent[];
  next: string | null;
  event: string | undefined;
  deep: boolean;
}

interface All {
  profile: StoredProfile;
  address: string | null;
  suppression: Suppression | null;
  memberships: Membership[];
  enrolments: StoredEnrolment[];
  messages: SendLogRow[];
  events: EventList;
}

export function ProfileView(all: All) {
  const { profiles } = useVisitor().texts;
  const { profile, enrolments, messages, memberships, events } = all;
  return (
    <>
      <h1>{profile.userIds[0] ?? profiles.profile(profile.id)}</h1>
      <div class="columns">
        <Header {...all} />
        <Traits of={profile.traits} />
        <Topics of={profile.topics} />
        <Segments of={memberships} />
      </div>
      <Enrolments of={enrolments} />
      <Messages of={messages} />
      <Events profileId={profile.id} {...events} />
    </>
  );
}

function Header({ profile, address, suppression }: All) {
  const visitor = useVisitor();
  const { profiles, common } = visitor.texts;
  const { id, userIds, anonymousIds, mergedIds, account, zone, bornAt, traits } = profile;
  const local = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone ?? visitor.about.zone,
    dateStyle: 'short',
    timeStyle: 'short',
  }).format(visitor.now);
  return (
    <section class="card" aria-labelledby="who">
      <h2 id="who">{profiles.profile(id)}</h2>
      <Facts
        of={[
          [
            profiles.address,
            <>
              {address ?? profiles.noAddress}{' '}
              {suppression && (
                <span class="badge bad">{profiles.suppressed(suppression.reason)}</span>
              )}
            </>,
          ],
          [profiles.ids, <Ids of={userIds} none={common.none} />],
          [profiles.anonymous, <Ids of={anonymousIds} none={common.none} />],
          ...(mergedIds.length > 0
            ? [[profiles.merged, <Ids of={mergedIds.map(String)} none="" />] as const]
            : []),
          ...(account ? [[profiles.account, account.id] as const] : []),
          [
            profiles.localTime,
            `${local}, ${zone ?? `${visitor.about.zone} (${profiles.projectZone})`}`,
          ],
          [profiles.locale, <Value of={traits['locale'] ?? common.none} />],
          [profiles.born, bornAt === null ? profiles.notBorn : <Time at={bornAt} />],
        ]}
      />
    </section>
  );
}

function Ids({ of, none }: { of: string[]; none: string }) {
  if (of.length === 0) return <span class="soft">{none}</span>;
  return (
    <ul class="ids">
      {of.map((id) => (
        <li key={id}>
          <code>{id}</code>
        </li>
      ))}
    </ul>
  );
}

function Traits({ of }: { of: StoredProfile['traits'] }) {
  const { profiles } = useVisitor().texts;
  const entries = Object.entries(of).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return (
    <section class="card" aria-labelledby="traits">
      <h2 id="traits">{profiles.traits}</h2>
      {entries.length === 0 ? (
        <p class="soft">{profiles.noTraits}</p>
      ) : (
        <Facts of={entries.map(([name, value]) => [name, <Value of={value} />] as const)} />
      )}
    </section>
  );
}

function Topics({ of }: { of: StoredProfile['topics'] }) {
  const { profiles } = useVisitor().texts;
  return (
    <section class="card" aria-labelledby="topics">
      <h2 id="topics">{profiles.topics}</h2>
      {of.length === 0 ? (
        <p class="soft">{profiles.noTopics}</p>
      ) : (
        <Facts
          of={of.map(({ topic, subscribed, changedAt, source }) => [
            topic === '*' ? profiles.everyTopic : topic,
            <>
              {subscribed ? (
                <State of="active" shown={profiles.subscribed} />
              ) : (
                <State of="skipped" shown={profiles.unsubscribed} />
              )}{' '}
              <Time at={changedAt} /> <span class="soft">{source}</span>
            </>,
          ])}
        />
      )}
    </section>
  );
}

function Segments({ of }: { of: Membership[] }) {
  const { profiles } = useVisitor().texts;
  return (
    <section class="card" aria-labelledby="segments">
      <h2 id="segments">{profiles.segments}</h2>
      {of.length === 0 ? (
        <p class="soft">{profiles.noSegments}</p>
      ) : (
        <Facts
          of={of.map(({ segment, since }) => [
            segment,
            <>
              {profiles.since} <Time at={since} />
            </>,
          ])}
        />
      )}
    </section>
  );
}

function Enrolments({ of }: { of: StoredEnrolment[] }) {
  const { profiles } = useVisitor().texts;
  return (
    <section class="card" aria-labelledby="enrolments">
      <h2 id="enrolments">{profiles.enrolments}</h2>
      {of.length === 0 ? (
        <p class="soft">{profiles.noEnrolments}</p>
      ) : (
        <Table
          label={profiles.enrolments}
          head={[
            profiles.campaign,
            profiles.state,
            profiles.entered,
            profiles.at,
            profiles.until,
            profiles.ended,
          ]}
        >
          {of.map((one) => (
            <tr key={one.id}>
              <td>
                <a href={`/console/campaigns/${encodeURIComponent(one.campaign)}`}>
                  {one.campaign}
                </a>{' '}
                <span class="soft">v{one.version}</span>
              </td>
              <td>
                <State of={one.endReason ?? one.state} reason={one.endBecause} />
              </td>
              <td>
                <Time at={one.enteredAt} />
              </td>
              <td>{one.step}</td>
              <td>{one.state === 'active' && <Time at={one.dueAt} />}</td>
              <td>{one.endedAt !== null && <Time at={one.endedAt} />}</td>
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}

function Messages({ of }: { of: SendLogRow[] }) {
  const { profiles, messages } = useVisitor().texts;
  return (
    <section class="card" aria-labelledby="messages">
      <h2 id="messages">{profiles.messages}</h2>
      {of.length === 0 ? (
        <p class="soft">{profiles.noMessages}</p>
      ) : (
        <Table
          label={profiles.messages}
          head={[profiles.decided, profiles.state, profiles.campaign, messages.subject]}
        >
          {of.map((one) => (
            <tr key={one.id}>
              <td>
                <a href={`/console/messages/${one.id}`}>
                  <Time at={one.decidedAt} />
                </a>
              </td>
              <td>
                <State of={one.state} reason={one.reason} />
              </td>
              <td>
                {one.campaign} / {one.step}
              </td>
              <td>{one.subject}</td>
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}

function Events({ profileId, items, next, event, deep }: EventList & { profileId: number }) {
  const { profiles } = useVisitor().texts;
  const at = `${AT}/${profileId}`;
  const base = event ? `${at}?event=${encodeURIComponent(event)}` : at;
  return (
    <section class="card" aria-labelledby="events">
      <div class="title">
        <h2 id="events">{profiles.events}</h2>
        {event && <a href={`${at}#events`}>{profiles.allEvents}</a>}
      </div>
      {items.length === 0 ? (
        <p class="soft">{profiles.noEvents}</p>
      ) : (
        <Table
          label={profiles.events}
          head={[profiles.occurred, profiles.event, profiles.properties, profiles.source]}
        >
          {items.map((one) => (
            <tr key={one.id}>
              <td>
                <Time at={one.occurredAt} />
              </td>
              <td>
                <a
                  href={`${at}?event=${encodeURIComponent(one.name)}#events`}
                  title={profiles.onlyEvent}
                >
                  {one.name}
                </a>
                {one.historical && <div class="soft">{profiles.historical}</div>}
              </td>
              <td>{Object.keys(one.properties).length > 0 && <Json value={one.properties} />}</td>
              <td>{one.source}</td>
            </tr>
          ))}
        </Table>
      )}
      <Pager next={next} base={base} deep={deep} />
    </section>
  );
}
