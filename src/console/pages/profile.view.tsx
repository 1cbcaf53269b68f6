/** One profile: who it is and whether it can be written to, what it said, where it stands, and what happened. */
import { remarksOn } from '../../ingest/unusable-traits.js';
import type { ProfileScore } from '../../segments/profile-scores.js';
import type { Membership } from '../../segments/segments.sql.js';
import { useVisitor } from '../frame/visitor.js';
import { ScoreParts } from '../parts/score.js';
import { Facts, State, Table, Time, Value } from '../parts/show.js';
import { Consent } from './profile-consent.view.js';
import { Enrolments } from './profile-enrolments.view.js';
import type { ProfileFacts } from './profile-facts.js';
import { profileHref } from './profile-parts.view.js';
import { Timeline, type TimelinePage } from './timeline.view.js';

export function ProfileView({ timeline, ...facts }: ProfileFacts & { timeline: TimelinePage }) {
  const visitor = useVisitor();
  const { profiles } = visitor.texts;
  const { profile } = facts;
  const { id } = profile;
  return (
    <>
      <div class="title">
        <h1>{profile.userIds[0] ?? profiles.profile(id)}</h1>
        <p class="actions">
          <a class="button" href={profileHref(id, 'explain')}>
            {profiles.explain}
          </a>
          <a class="button" href={profileHref(id, 'preview')}>
            {profiles.preview}
          </a>
          {visitor.may('operator') && (
            <>
              <a class="button" href={profileHref(id, 'enrol')}>
                {profiles.enrol}
              </a>
              <a class="button" href={profileHref(id, 'event')}>
                {profiles.sendEvent}
              </a>
            </>
          )}
        </p>
      </div>
      <div class="columns">
        <Who {...facts} />
        <Consent {...facts} />
      </div>
      <Enrolments {...facts} />
      <div class="columns">
        <Traits {...facts} />
        <Segments of={facts.memberships} />
      </div>
      {facts.scores.length > 0 && <Scores of={facts.scores} />}
      <Timeline profileId={id} {...timeline} />
      <Data {...facts} />
    </>
  );
}

function Who({ profile, address, suppression, failure }: ProfileFacts) {
  const visitor = useVisitor();
  const { profiles, common } = visitor.texts;
  const { id, userIds, anonymousIds, mergedIds, account, zone, bornAt, traits } = profile;
  const remarked = new Set(remarksOn(traits).map(({ code }) => code));
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
              <Address {...{ id, address, suppression, failure }} />
              {remarked.has('bad_email') && (
                <div class="problem">{profiles.noSuchAddress(shownValue(traits['email']))}</div>
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
            <>
              {local}, {zone ?? `${visitor.about.zone} (${profiles.projectZone})`}
              {remarked.has('bad_timezone') && (
                <div class="problem">{profiles.noZone(shownValue(traits['timezone']))}</div>
              )}
            </>,
          ],
          [profiles.locale, <Value of={traits['locale'] ?? common.none} />],
          [profiles.born, bornAt === null ? profiles.notBorn : <Time at={bornAt} />],
        ]}
      />
    </section>
  );
}

/** A text without its quotes, anything else as JSON. */
function shownValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Where its mail goes, and what is known of that address. */
function Address({
  id,
  address,
  suppression,
  failure,
}: Pick<ProfileFacts, 'address' | 'suppression' | 'failure'> & { id: number }) {
  const visitor = useVisitor();
  const { profiles, suppressions } = visitor.texts;
  const operates = visitor.may('operator');
  const ask = (what: 'new' | 'lift') =>
    `/console/suppressions/${what}?${new URLSearchParams({ address: address ?? '', profile: String(id) })}`;
  if (address === null) return <span class="problem">{profiles.noAddress}</span>;
  return (
    <>
      {address}{' '}
      {suppression ? (
        <>
          <span class="badge bad">{profiles.suppressed(suppression.reason)}</span>{' '}
          <span class="soft">
            <Time at={suppression.since} /> {suppression.source}
          </span>{' '}
          {operates && (
            <a data-ask href={ask('lift')}>
              {suppressions.lift}
            </a>
          )}
        </>
      ) : (
        operates && (
          <a data-ask href={ask('new')}>
            {suppressions.addSubmit}
          </a>
        )
      )}
      {failure && (
        <div class="soft">
          {profiles.lastFailure}{' '}
          <a href={`/console/messages/${failure.messageId}`}>{failure.reason}</a>,{' '}
          <Time at={failure.at} />
          {failure.address !== address && failure.address !== null && ` (${failure.address})`}
        </div>
      )}
    </>
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

function Traits({ profile: { id, traits }, changes }: ProfileFacts) {
  const { profiles } = useVisitor().texts;
  const entries = Object.entries(traits).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return (
    <section class="card" aria-labelledby="traits">
      <div class="title">
        <h2 id="traits">{profiles.traits}</h2>
        {changes.size > 0 && (
          <a href={`${profileHref(id)}?kind=traits#timeline`}>{profiles.traitHistory}</a>
        )}
      </div>
      {entries.length === 0 ? (
        <p class="soft">{profiles.noTraits}</p>
      ) : (
        <Table label={profiles.traits} head={[profiles.traitOne, profiles.value]}>
          {entries.map(([name, value]) => {
            const change = changes.get(name);
            return (
              <tr key={name}>
                <td>{name}</td>
                <td>
                  <Value of={value} />
                  {change && (
                    <div class="soft">
                      {profiles.since} <Time at={change.occurredAt ?? change.changedAt} />,{' '}
                      {change.source}
                    </div>
                  )}
                </td>
              </tr>
            );
          })}
        </Table>
      )}
    </section>
  );
}

function Scores({ of }: { of: ProfileScore[] }) {
  const { scores } = useVisitor().texts;
  return (
    <section class="card" aria-labelledby="scores">
      <h2 id="scores">{scores.title}</h2>
      <Facts of={of.map((one) => [one.score, <ScoreParts of={one} />])} />
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
            <a href={`/console/segments/${encodeURIComponent(segment)}`}>{segment}</a>,
            <>
              {profiles.since} <Time at={since} />
            </>,
          ])}
        />
      )}
    </section>
  );
}

/** What is stored of a person: to be taken along, to be taken away. */
function Data({ profile: { id } }: ProfileFacts) {
  const visitor = useVisitor();
  const { profiles } = visitor.texts;
  return (
    <section class="card" aria-labelledby="data">
      <h2 id="data">{profiles.data}</h2>
      <p class="actions">
        <a href={profileHref(id, 'rejects')}>{profiles.rejects}</a>
        {visitor.may('operator') && (
          <a class="button" href={profileHref(id, 'export.json')} download>
            {profiles.export}
          </a>
        )}
        {visitor.may('admin') && (
          <a class="button danger" href={profileHref(id, 'erase')}>
            {profiles.erase}
          </a>
        )}
        {!visitor.may('operator') && <State of="viewer" shown={profiles.lookOnly} />}
      </p>
    </section>
  );
}
