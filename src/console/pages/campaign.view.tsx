/** One campaign: its state, what has come of it, how it went day by day and what goes on next, and its definition. */
import type { StoredBroadcast } from '../../campaigns/broadcasts.sql.js';
import type { Due, Entries, Overlap } from '../../campaigns/campaign-series.sql.js';
import type { StoredMigration } from '../../campaigns/migrations.sql.js';
import type { CampaignSurge } from '../../campaigns/surges.sql.js';
import { NEVER, type Instant } from '../../core/instant.js';
import type { StoredVersion } from '../../definitions/definitions.sql.js';
import type { CampaignFigures, StoredCampaign } from '../../delivery/campaigns.sql.js';
import type { MessageSeries } from '../../delivery/message-series.sql.js';
import { printEnter } from '../../language/campaigns/print-enter.js';
import type { StoredBacktest } from '../../simulation/backtests.sql.js';
import { useVisitor } from '../frame/visitor.js';
import { BarChart } from '../parts/chart.js';
import { daySpans, hourSpans, MessageChart } from '../parts/message-chart.js';
import { PeriodTabs, type Period } from '../parts/period.js';
import { Facts, State, Time, Word } from '../parts/show.js';
import { Backtests } from './backtests.view.js';
import { LatestBroadcasts, newBroadcastHref } from './broadcast-list.view.js';
import { Funnel } from './campaign-funnel.view.js';
import { definitionHref } from './definition-drafts.js';
import { Diff, VersionTable } from './definition-history.view.js';
import { EarlierVersions } from './earlier-versions.view.js';
import { pauseHref } from './pauses.view.js';

export function campaignHref(id: string): string {
  return `/console/campaigns/${encodeURIComponent(id)}`;
}

interface One {
  campaign: StoredCampaign;
  /** It holds people back and asks. */
  surge: CampaignSurge | null;
  figures: CampaignFigures;
  /** The latest, and the days that a new one begins with. */
  backtests: StoredBacktest[];
  lastDays: { from: string; to: string };
  /** Enrolments that go on with another version. */
  earlier: number;
  /** The latest. */
  migration: StoredMigration | null;
  /** The latest. */
  broadcasts: StoredBroadcast[];
  days: Period;
  /** Of the days of `entries` and `messages`. */
  bounds: Instant[];
  entries: Entries[];
  messages: MessageSeries;
  /** Of the hours of `due`. */
  hours: Instant[];
  due: Due;
  overlap: Overlap;
  /** The latest. */
  versions: StoredVersion[];
}

export function CampaignView(one: One) {
  const visitor = useVisitor();
  const { id, definition } = one.campaign;
  return (
    <>
      <div class="title">
        <h1>{id}</h1>
        {visitor.may('operator') && <Buttons of={one.campaign} />}
      </div>
      {definition.description && <p class="lead">{definition.description}</p>}
      {one.surge && <Surge of={one.surge} />}
      <EarlierVersions
        campaign={id}
        version={one.campaign.version}
        earlier={one.earlier}
        latest={one.migration}
      />
      <div class="columns">
        <Standing {...one} />
        <Ends {...one} />
      </div>
      {(definition.enter.kind === 'broadcast' || one.broadcasts.length > 0) && (
        <LatestBroadcasts campaign={id} rows={one.broadcasts} />
      )}
      <Funnel definition={definition} figures={one.figures} />
      <Charts {...one} />
      {one.campaign.state !== 'removed' && (
        <Backtests campaign={id} rows={one.backtests} {...one.lastDays} />
      )}
      <Definition {...one} />
    </>
  );
}

/** More came than may without somebody's word: they wait for it. */
function Surge({ of: { campaign, since, allowed, entered, held } }: { of: CampaignSurge }) {
  const visitor = useVisitor();
  const { campaigns } = visitor.texts;
  const [n, most] = [visitor.number(entered), visitor.number(allowed)];
  return (
    <aside class="next" aria-label={campaigns.surge}>
      <p>
        <strong>{campaigns.surge}</strong> {campaigns.surgeAbout(n, most)} <Time at={since} />.{' '}
        {campaigns.surgeHeld(held)}
      </p>
      {visitor.may('operator') && (
        <p class="actions">
          {(['admit', 'dismiss'] as const).map((change) => (
            <a key={change} class="button" data-ask href={`${campaignHref(campaign)}/${change}`}>
              {campaigns.changes[change].submit}
            </a>
          ))}
        </p>
      )}
    </aside>
  );
}

function Standing({ campaign, overlap }: One) {
  const visitor = useVisitor();
  const { campaigns, system } = visitor.texts;
  const { id, definition, state, cause, version, appliedAt, appliedBy } = campaign;
  return (
    <section class="card" aria-labelledby="state">
      <h2 id="state">{campaigns.state}</h2>
      <Facts
        of={[
          [campaigns.state, <State of={state} />],
          ...(cause ? [[campaigns.because, `${cause.setBy}: ${cause.why}`] as const] : []),
          ...(cause && cause.until !== null && cause.until !== NEVER
            ? [[system.until, <Time at={cause.until} />] as const]
            : []),
          [campaigns.purpose, [definition.purpose, definition.topic].filter(Boolean).join(', ')],
          [campaigns.enters, <code>{printEnter(definition)}</code>],
          [
            campaigns.version,
            <>
              {version}, <Time at={appliedAt} /> {appliedBy}
            </>,
          ],
          [campaigns.overlap, <OverlapList of={overlap} />],
        ]}
      />
      <p class="actions">
        <a href={`/console/messages?campaign=${encodeURIComponent(id)}`}>{campaigns.messages}</a>
      </p>
    </section>
  );
}

function OverlapList({ of: { of, campaigns: others } }: { of: Overlap }) {
  const visitor = useVisitor();
  const { campaigns, common } = visitor.texts;
  if (others.length === 0) return <span class="soft">{common.none}</span>;
  return (
    <>
      <ul class="ids">
        {others.map(({ campaign, n }) => (
          <li key={campaign}>
            <a href={campaignHref(campaign)}>{campaign}</a>{' '}
            <span class="number">{visitor.number(n)}</span>
          </li>
        ))}
      </ul>
      <span class="soft">{campaigns.overlapOf(of)}</span>
    </>
  );
}

function Buttons({ of: { id, state, paused, active, definition } }: { of: StoredCampaign }) {
  const { broadcasts, campaigns, system } = useVisitor().texts;
  const closed = state === 'draining' || state === 'stopped';
  return (
    <p class="actions">
      {definition.enter.kind === 'broadcast' && (state === 'live' || state === 'paused') && (
        <a class="button first" href={newBroadcastHref(id)}>
          {broadcasts.begin}
        </a>
      )}
      {state !== 'removed' && state !== 'draft' && (
        <a
          class="button"
          data-ask
          href={pauseHref(paused ? 'lift' : 'new', 'campaign', id, 'campaign')}
        >
          {paused ? system.liftSubmit : system.pauseSubmit}
        </a>
      )}
      {state !== 'removed' && state !== 'draft' && !closed && (
        <a class="button" data-ask href={`${campaignHref(id)}/drain`}>
          {campaigns.changes.drain.submit}
        </a>
      )}
      {state !== 'removed' && state !== 'draft' && (state !== 'stopped' || active > 0) && (
        <a class="button danger" data-ask href={`${campaignHref(id)}/stop`}>
          {campaigns.changes.stop.submit}
        </a>
      )}
      {closed && (
        <a class="button" data-ask href={`${campaignHref(id)}/open`}>
          {campaigns.changes.open.submit}
        </a>
      )}
    </p>
  );
}

/** What came without mail, and what the mail brings. */
function Holdout({
  of: { entered, converted, lift },
}: {
  of: NonNullable<CampaignFigures['holdout']>;
}) {
  const visitor = useVisitor();
  const { campaigns } = visitor.texts;
  return (
    <>
      {campaigns.heldOutOf(visitor.number(converted), visitor.number(entered))}
      {lift && (
        <>
          <br />
          {campaigns.liftRates(visitor.percent(lift.rate), visitor.percent(lift.heldOutRate))}
          <br />
          <span class="soft">
            {campaigns.lift(
              visitor.points(lift.difference),
              visitor.points(lift.from),
              visitor.points(lift.until),
            )}
          </span>
        </>
      )}
    </>
  );
}

function Ends({ campaign: { id }, figures }: One) {
  const visitor = useVisitor();
  const { campaigns } = visitor.texts;
  const { entered, active, converted, ended, refused, letIn } = figures;
  const at = `${campaignHref(id)}/enrolments`;
  return (
    <section class="card" aria-labelledby="ends">
      <div class="title">
        <h2 id="ends">{campaigns.ends}</h2>
        {entered > 0 && <a href={at}>{campaigns.all}</a>}
      </div>
      <Facts
        of={[
          [campaigns.entered, visitor.number(entered)],
          [
            campaigns.active,
            active > 0 ? <a href={`${at}?state=active`}>{visitor.number(active)}</a> : '0',
          ],
          ...Object.entries(ended).map(
            ([reason, n]) =>
              [
                <>
                  {campaigns.ended}: <Word of={reason} />
                </>,
                visitor.number(n),
              ] as const,
          ),
          [campaigns.converted, campaigns.convertedOf(visitor.number(converted))],
          ...(figures.holdout
            ? [[campaigns.heldOut, <Holdout of={figures.holdout} />] as const]
            : []),
          ...Object.entries(refused).map(
            ([reason, n]) =>
              [
                <>
                  {campaigns.refused}: <Word of={reason} />
                </>,
                <a href={`${campaignHref(id)}/refusals?reason=${encodeURIComponent(reason)}`}>
                  {visitor.number(n)}
                </a>,
              ] as const,
          ),
          ...(letIn > 0
            ? [
                [
                  campaigns.letIn,
                  <a href={`${campaignHref(id)}/refusals?reason=surge_held`}>
                    {visitor.number(letIn)}
                  </a>,
                ] as const,
              ]
            : []),
        ]}
      />
    </section>
  );
}

function Charts({ campaign: { id, state }, days, bounds, entries, messages, hours, due }: One) {
  const visitor = useVisitor();
  const { campaigns } = visitor.texts;
  const spans = daySpans(visitor, bounds);
  const series = [
    {
      name: campaigns.enteredOne,
      tone: 'good' as const,
      values: entries.map(({ entered }) => entered),
    },
    {
      name: campaigns.refusedOne,
      tone: 'warn' as const,
      values: entries.map(({ refused }) => -refused),
    },
  ].filter(({ values }) => values.some((n) => n !== 0));
  const next = [{ name: campaigns.goesOn, tone: 'busy' as const, values: due.due }];
  const notes = [
    due.overdue > 0 && campaigns.overdue(due.overdue),
    due.estimated && campaigns.estimated,
    state === 'paused' && campaigns.dueWhilePaused,
  ].filter(Boolean);
  return (
    <>
      <PeriodTabs at={campaignHref(id)} days={days} />
      <BarChart id="entries" caption={campaigns.byDay} spans={spans} series={series} />
      <MessageChart id="sends" caption={campaigns.mailsByDay} of={messages} spans={spans} />
      <BarChart
        id="due"
        caption={campaigns.dueByHour}
        note={notes.length > 0 && notes.join(' ')}
        spans={hourSpans(visitor, hours)}
        series={next}
      />
    </>
  );
}

function Definition({ campaign, versions }: One) {
  const visitor = useVisitor();
  const { campaigns, definitions } = visitor.texts;
  const { id, state, version, source } = campaign;
  const href = definitionHref({ kind: 'campaign', name: id });
  const before = versions.find((one) => one.version === version - 1);
  return (
    <>
      <section class="card" aria-labelledby="source">
        <div class="title">
          <h2 id="source">{campaigns.source}</h2>
          {state !== 'removed' && visitor.may('author') && <a href={href}>{campaigns.change}</a>}
        </div>
        {before && (
          <details>
            <summary>{definitions.between(version - 1, version)}</summary>
            <Diff before={before.source} after={source} />
          </details>
        )}
        <pre class="code" tabIndex={0}>
          {source}
        </pre>
      </section>
      <section class="card" aria-labelledby="versions">
        <div class="title">
          <h2 id="versions">{definitions.versions}</h2>
          <a href={`${href}/versions`}>{definitions.allVersions}</a>
        </div>
        <VersionTable kind="campaign" name={id} versions={versions} />
      </section>
    </>
  );
}
