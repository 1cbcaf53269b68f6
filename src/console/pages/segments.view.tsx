/** Segments: the list, and the page of one with its size over time, what moved people in and out, and its members. */
import type { Instant } from '../../core/instant.js';
import type { TransitionCause } from '../../core/reasons.js';
import type { Span, StoredMember, StoredSegment } from '../../segments/segments.sql.js';
import { useVisitor } from '../frame/visitor.js';
import { BarChart, SizeChart } from '../parts/chart.js';
import { Field } from '../parts/forms.js';
import { daySpans } from '../parts/message-chart.js';
import { PeriodTabs, type Period } from '../parts/period.js';
import { Empty, Facts, Pager, State, Table, Time } from '../parts/show.js';

const AT = '/console/segments';

/** What names a segment, by id. */
export interface Uses {
  campaigns: string[];
  segments: string[];
}

export interface SearchedMember {
  profileId: number;
  address: string;
  /** Null: it is known and not in the segment. */
  member: StoredMember | null;
}

function segmentHref(id: string): string {
  return `${AT}/${encodeURIComponent(id)}`;
}

interface List {
  segments: StoredSegment[];
  uses: ReadonlyMap<string, Uses>;
  next: string | null;
  deep: boolean;
}

export function SegmentsView({ segments, uses, next, deep }: List) {
  const visitor = useVisitor();
  const { segments: texts, campaigns } = visitor.texts;
  return (
    <>
      <div class="title">
        <h1>{texts.title}</h1>
        {visitor.may('author') && (
          <a class="button" href="/console/definitions/new?kind=segment">
            {texts.create}
          </a>
        )}
      </div>
      {segments.length === 0 ? (
        <Empty title={texts.emptyTitle}>
          <p>
            {texts.empty} <code>rekindle apply</code>
          </p>
        </Empty>
      ) : (
        <Table
          label={texts.title}
          head={[texts.segment, texts.members, texts.usedBy, campaigns.version]}
        >
          {segments.map((one) => (
            <tr key={one.id}>
              <td>
                <a href={segmentHref(one.id)}>{one.id}</a>
                <About of={one} />
              </td>
              <td class="number">
                {visitor.number(one.members)}
                {!one.built && <div class="soft">{texts.building}</div>}
              </td>
              <td>
                <UsedBy of={uses.get(one.id)} />
              </td>
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

/** Its description; of a campaign's own segment, whose it is. */
function About({ of: { definition } }: { of: StoredSegment }) {
  const { segments } = useVisitor().texts;
  const { description, implicitFor } = definition;
  const text = implicitFor === null ? description : segments.implicit(implicitFor);
  return text && <div class="soft">{text}</div>;
}

function UsedBy({ of }: { of: Uses | undefined }) {
  const { segments } = useVisitor().texts;
  if (!of) return <span class="soft">{segments.unused}</span>;
  return (
    <ul class="ids">
      {of.campaigns.map((id) => (
        <li key={id}>
          <a href={`/console/campaigns/${encodeURIComponent(id)}`}>{id}</a>
        </li>
      ))}
      {of.segments.map((id) => (
        <li key={id}>
          <a href={segmentHref(id)}>{id}</a> <span class="soft">{segments.aSegment}</span>
        </li>
      ))}
    </ul>
  );
}

interface One {
  segment: StoredSegment;
  uses: Uses | undefined;
  days: Period;
  /** Of the days of `history`. */
  bounds: Instant[];
  history: Span[];
  members: { items: StoredMember[]; next: string | null; deep: boolean };
  /** Who was looked for among the members. */
  search: { asked: string; found: SearchedMember[] } | undefined;
}

export function SegmentView(one: One) {
  const visitor = useVisitor();
  const { segments, campaigns, definitions } = visitor.texts;
  const { id, definition, version, appliedAt, built, members, source } = one.segment;
  const owner = definition.implicitFor;
  const definedAt = `/console/definitions/${owner === null ? 'segment' : 'campaign'}/${encodeURIComponent(owner ?? id)}`;
  return (
    <>
      <div class="title">
        <h1>{id}</h1>
        {visitor.may('operator') && members > 0 && (
          <a class="button" href={`${segmentHref(id)}/members.csv`} download>
            {visitor.texts.common.exportCsv}
          </a>
        )}
      </div>
      <div class="lead">
        <About of={one.segment} />
      </div>
      <section class="card" aria-labelledby="about">
        <h2 id="about">{segments.now}</h2>
        <Facts
          of={[
            [
              segments.members,
              <>
                <span class="number">{visitor.number(members)}</span>{' '}
                {!built && <span class="soft">{segments.building}</span>}
              </>,
            ],
            [segments.usedBy, <UsedBy of={one.uses} />],
            [
              campaigns.version,
              <>
                {version}, <Time at={appliedAt} />
              </>,
            ],
          ]}
        />
      </section>
      <History {...one} />
      <section class="card" aria-labelledby="source">
        <div class="title">
          <h2 id="source">{campaigns.source}</h2>
          <a href={definedAt}>{visitor.may('author') ? campaigns.change : definitions.versions}</a>
        </div>
        <pre class="code" tabIndex={0}>
          {source}
        </pre>
      </section>
      <Members {...one} />
    </>
  );
}

function History({ segment, days, bounds, history }: One) {
  const visitor = useVisitor();
  const { segments } = visitor.texts;
  const spans = daySpans(visitor, bounds);
  const sum = (way: boolean, byThemselves: boolean): number[] =>
    history.map(({ movements }) =>
      movements
        .filter(({ entered, cause }) => entered === way && isOwn(cause) === byThemselves)
        .reduce((total, { n }) => total + (way ? n : -n), 0),
    );
  const series = [
    { name: segments.joined, tone: 'good' as const, values: sum(true, true) },
    { name: segments.found, tone: 'busy' as const, values: sum(true, false) },
    { name: segments.left, tone: 'warn' as const, values: sum(false, true) },
    { name: segments.dropped, tone: 'plain' as const, values: sum(false, false) },
  ].filter(({ values }) => values.some((n) => n !== 0));
  return (
    <>
      <PeriodTabs at={segmentHref(segment.id)} days={days} />
      <SizeChart
        id="size"
        caption={segments.size}
        spans={spans}
        series={[
          { name: segments.members, tone: 'good', values: history.map(({ members }) => members) },
        ]}
      />
      <BarChart id="movements" caption={segments.movements} spans={spans} series={series} />
      <Causes of={history} />
    </>
  );
}

/** Moved by what happened or by time; the others were found so by a first build, a new definition, an import, a merge. */
function isOwn(cause: TransitionCause): boolean {
  return cause === 'change' || cause === 'time';
}

function Causes({ of }: { of: Span[] }) {
  const visitor = useVisitor();
  const { segments } = visitor.texts;
  const sums = new Map<TransitionCause, { entered: number; exited: number }>();
  for (const { cause, entered, n } of of.flatMap(({ movements }) => movements)) {
    const sum = sums.get(cause) ?? { entered: 0, exited: 0 };
    sum[entered ? 'entered' : 'exited'] += n;
    sums.set(cause, sum);
  }
  if (sums.size === 0) return null;
  return (
    <section class="card" aria-labelledby="causes">
      <h2 id="causes">{segments.causes}</h2>
      <Table
        label={segments.causes}
        head={[segments.cause, segments.meaning, segments.joined, segments.left]}
      >
        {[...sums]
          .toSorted(([a], [b]) => a.localeCompare(b))
          .map(([cause, { entered, exited }]) => (
            <tr key={cause}>
              <td>
                <State of={cause} />
              </td>
              <td>{segments.causeOf[cause]}</td>
              <td class="number">{visitor.number(entered)}</td>
              <td class="number">{visitor.number(exited)}</td>
            </tr>
          ))}
      </Table>
    </section>
  );
}

function Members({ segment, search, members: { items, next, deep } }: One) {
  const { segments } = useVisitor().texts;
  const at = segmentHref(segment.id);
  return (
    <section class="card" id="members" aria-labelledby="members-title">
      <h2 id="members-title">{segments.who}</h2>
      <form class="inline" method="get" action={`${at}#members`}>
        <div class="wide">
          <Field label={segments.find} name="find" value={search?.asked} type="search" />
        </div>
        <button>{segments.look}</button>
      </form>
      {search && <Found {...search} />}
      {items.length === 0 ? (
        <p class="soft">{segments.nobody}</p>
      ) : (
        <Table label={segments.who} head={[segments.profile, segments.address, segments.since]}>
          {items.map(({ profileId, userId, address, since }) => (
            <tr key={profileId}>
              <td>
                <a href={`/console/profiles/${profileId}`}>{userId ?? profileId}</a>
              </td>
              <td>{address}</td>
              <td>
                <Time at={since} />
              </td>
            </tr>
          ))}
        </Table>
      )}
      <Pager next={next} base={at} deep={deep} ascending />
    </section>
  );
}

function Found({ asked, found }: NonNullable<One['search']>) {
  const { profiles, segments } = useVisitor().texts;
  if (found.length === 0) return <p role="status">{profiles.notFound(asked)}</p>;
  return (
    <div role="status">
      <ul class="plain">
        {found.map(({ profileId, address, member }) => (
          <li key={profileId}>
            <a href={`/console/profiles/${profileId}`}>
              {member?.userId ?? profiles.profile(profileId)}
            </a>{' '}
            {address}{' '}
            {member ? (
              <>
                {segments.isMember} <Time at={member.since} />
              </>
            ) : (
              segments.isNoMember
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}
