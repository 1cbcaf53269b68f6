/** What happened to one person: one line of time, the latest above, narrowed to one kind where somebody asks. */
import type { ComponentChildren } from 'preact';
import {
  TIMELINE_KINDS,
  type TimelineItem,
  type TimelineKind,
} from '../../insights/timeline.sql.js';
import { useVisitor } from '../frame/visitor.js';
import { Json, Pager, State, Tabs, Time, Value, Word } from '../parts/show.js';
import { campaignHref } from './campaign.view.js';
import { profileHref } from './profile-parts.view.js';

export interface TimelinePage {
  items: TimelineItem[];
  next: string | null;
  kind: TimelineKind | undefined;
  event: string | undefined;
  deep: boolean;
}

export function Timeline({
  profileId,
  items,
  next,
  kind,
  event,
  deep,
}: TimelinePage & { profileId: number }) {
  const { profiles } = useVisitor().texts;
  const at = profileHref(profileId);
  const query = event ? `?event=${encodeURIComponent(event)}` : kind ? `?kind=${kind}` : '';
  return (
    <section class="card" id="timeline" aria-labelledby="timeline-title">
      <div class="title">
        <h2 id="timeline-title">{profiles.timeline}</h2>
        {event && <a href={`${at}#timeline`}>{profiles.allEvents}</a>}
      </div>
      <Tabs
        label={profiles.timelineKinds}
        tabs={[
          { href: `${at}#timeline`, text: profiles.kinds.all, current: !kind && !event },
          ...TIMELINE_KINDS.map((one) => ({
            href: `${at}?kind=${one}#timeline`,
            text: profiles.kinds[one],
            current: one === kind,
          })),
        ]}
      />
      {event && (
        <p class="soft">
          {profiles.onlyEvent}: {event}
        </p>
      )}
      {items.length === 0 ? (
        <p class="soft">{kind || event || deep ? profiles.nothingHappened : profiles.nothingYet}</p>
      ) : (
        <Items of={items} at={at} />
      )}
      <Pager next={next} base={`${at}${query}`} deep={deep} />
    </section>
  );
}

function Items({ of, at }: { of: TimelineItem[]; at: string }) {
  const visitor = useVisitor();
  return (
    <ol class="timeline">
      {of.map((item, place) => {
        const day = visitor.time(item.at).slice(0, 10);
        const above = of[place - 1];
        return (
          <>
            {(!above || visitor.time(above.at).slice(0, 10) !== day) && (
              <li key={day} class="day">
                {day}
              </li>
            )}
            <li key={`${item.rank} ${item.id}`} class={item.what}>
              <Time at={item.at} short />
              <div>
                <What of={item} at={at} />
              </div>
            </li>
          </>
        );
      })}
    </ol>
  );
}

/** One thing that happened, in a sentence or less. */
function What({ of, at }: { of: TimelineItem; at: string }): ComponentChildren {
  const { profiles } = useVisitor().texts;
  switch (of.what) {
    case 'event':
      return <Event {...of.about} at={at} />;
    case 'trait': {
      const { trait, before, after, source } = of.about;
      return (
        <>
          <span class="soft">{profiles.trait}</span> <b>{trait}</b>{' '}
          {before === null ? null : <Value of={before} />}
          {before !== null && ' → '}
          {after === null ? profiles.removed : <Value of={after} />}{' '}
          <span class="soft">{source}</span>
        </>
      );
    }
    case 'joined':
    case 'left':
      return (
        <>
          {profiles.did[of.what]}{' '}
          <a href={`/console/segments/${encodeURIComponent(of.about.segment)}`}>
            {of.about.segment}
          </a>{' '}
          <span class="soft">
            <Word of={of.about.cause} />
          </span>
        </>
      );
    case 'entered':
      return (
        <>
          {profiles.did.entered} <Campaign id={of.about.campaign} />{' '}
          <span class="soft">{of.about.trigger}</span>
        </>
      );
    case 'refused':
      return (
        <>
          {profiles.did.refused} <Campaign id={of.about.campaign} />{' '}
          <State of="refused" shown={<Word of={of.about.reason} />} />
          <Details of={of.about.numbers} />
        </>
      );
    case 'step':
      return (
        <>
          <Campaign id={of.about.campaign} /> / {of.about.step}{' '}
          <span class="soft">{of.about.outcome}</span>
        </>
      );
    case 'moved':
      return (
        <>
          <Campaign id={of.about.campaign} />{' '}
          {profiles.did.moved(of.about.from, of.about.to, of.about.by)}{' '}
          <span class="soft">{of.about.step}</span>
        </>
      );
    case 'ended':
      return (
        <>
          {profiles.did.ended} <Campaign id={of.about.campaign} />{' '}
          <State of={of.about.reason} reason={of.about.because} />
        </>
      );
    case 'decided':
    case 'skipped':
    case 'sent':
    case 'failed':
    case 'ambiguous':
      return <Message {...of} />;
  }
}

function Event({
  name,
  properties,
  source,
  historical,
  at,
}: Extract<TimelineItem, { what: 'event' }>['about'] & { at: string }) {
  const { profiles } = useVisitor().texts;
  return (
    <>
      <a href={`${at}?event=${encodeURIComponent(name)}#timeline`} title={profiles.onlyEvent}>
        <b>{name}</b>
      </a>{' '}
      <span class="soft">
        {source} {historical && profiles.historical}
      </span>
      <Details of={properties} />
    </>
  );
}

function Message({
  id,
  what,
  about: { campaign, step, subject, state, reason, noticeTo },
}: Extract<TimelineItem, { about: { subject: string | null } }>) {
  const { profiles } = useVisitor().texts;
  return (
    <>
      {what === 'decided' ? profiles.did.decided : <State of={state} reason={reason} />}{' '}
      <a href={`/console/messages/${id}`}>{subject ?? `${campaign} / ${step}`}</a>{' '}
      {subject !== null && (
        <span class="soft">
          {campaign} / {step}
        </span>
      )}
      {noticeTo !== null && (
        <span class="soft">
          {' '}
          <Word of="notice" />
          {noticeTo !== '' && ` → ${noticeTo}`}
        </span>
      )}
    </>
  );
}

function Campaign({ id }: { id: string }) {
  return <a href={campaignHref(id)}>{id}</a>;
}

/** Longer ones are folded up. */
const SHORT = 90;

function Details({ of }: { of: object }) {
  const { profiles } = useVisitor().texts;
  const n = Object.keys(of).length;
  if (n === 0) return null;
  const text = JSON.stringify(of);
  if (text.length <= SHORT)
    return (
      <div>
        <code>{text}</code>
      </div>
    );
  return (
    <details>
      <summary>{profiles.fields(n)}</summary>
      <Json value={of} />
    </details>
  );
}
