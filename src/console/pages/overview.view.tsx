/** The overview: one card per stage, in the order in which things happen, then the messages by state. */
import type { Instant } from '../../core/instant.js';
import type { MessageSeries } from '../../delivery/message-series.sql.js';
import type { StateCount } from '../../delivery/send-log-counts.sql.js';
import type { Alert, AlertName } from '../../insights/decide-alerts.js';
import type { StageFigures, Waiting } from '../../insights/stages.sql.js';
import { useVisitor } from '../frame/visitor.js';
import { hourSpans, MessageChart } from '../parts/message-chart.js';
import { Empty, State } from '../parts/show.js';
import type { Texts } from '../texts/texts.js';

interface Figures {
  stages: StageFigures;
  /** Messages decided in the last 24 hours. */
  lately: StateCount[];
  lastHour: StateCount[];
  alerts: Alert[];
  all: StateCount[];
  /** Bounds of the hours of `series`. */
  hours: Instant[];
  series: MessageSeries;
}

type Stage = keyof Texts['overview']['stages'];

interface Card {
  stage: Stage;
  lately: number;
  href: string;
  waiting?: Waiting;
  /** What went wrong, where to look, and how often. */
  problems?: { what: keyof Texts['overview']['problems']; href: string; count: number }[];
}

export function OverviewView(figures: Figures) {
  const visitor = useVisitor();
  const { texts, about } = visitor;
  const cards = cardsOf(figures);
  const quiet = figures.all.length === 0 && cards.every(({ lately }) => lately === 0);
  return (
    <>
      <h1>{texts.overview.title}</h1>
      <p class="lead">{texts.overview.lead}</p>
      {about.project === null && (
        <Empty title={texts.overview.emptyTitle}>
          <p>
            {texts.overview.noDefinitions} <code>rekindle apply</code>
          </p>
        </Empty>
      )}
      {about.project !== null && quiet && (
        <Empty title={texts.overview.emptyTitle}>
          <p>{texts.overview.empty}</p>
          <p>
            <code>rekindle keys create --scope ingest</code>
          </p>
        </Empty>
      )}
      {!quiet && <Alerts of={figures.alerts} />}
      <ol class="flow" id="flow" data-live aria-label={texts.overview.flow}>
        {cards.map((card) => (
          <StageCard key={card.stage} {...card} />
        ))}
      </ol>
      {figures.all.length > 0 && (
        <div id="hours" data-live>
          <MessageChart
            id="messages-by-hour"
            caption={texts.overview.byHour}
            of={figures.series}
            spans={hourSpans(visitor, figures.hours)}
          />
        </div>
      )}
      <States all={figures.all} />
    </>
  );
}

/** Where one looks first. */
const LEADS_TO: Record<AlertName, string> = {
  RekindleEngineBehind: '/console/system',
  RekindleNoEngine: '/console/system#processes',
  RekindleNoMailer: '/console/system#processes',
  RekindleMailServer: '/console/system#processes',
  RekindleMixedTransports: '/console/system#processes',
  RekindleMailsLate: '/console/messages?state=pending',
  RekindleFailing: '/console/messages?state=failed',
  RekindleAmbiguous: '/console/messages?state=ambiguous',
  RekindleSurge: '/console/campaigns',
  RekindleParked: '/console/system#parked',
  RekindleWebhooksLate: '/console/webhooks',
  RekindleWebhookDisabled: '/console/webhooks',
  RekindleUnrendered: '/console/messages?state=skipped&reason=failed_render',
  RekindleRefusing: '/console/system#rejects',
  RekindlePaused: '/console/system',
};

/** What docs/operations.md has a line for, under the same name. */
function Alerts({ of }: { of: Alert[] }) {
  const visitor = useVisitor();
  const { overview } = visitor.texts;
  return (
    <section id="alerts" class="alerts" data-live aria-label={overview.alerts.title}>
      {of.length === 0 ? (
        <p class="well">{overview.alerts.none}</p>
      ) : (
        <ul>
          {of.map(({ name, n, since, says }) => (
            <li key={name}>
              <a href={LEADS_TO[name]}>
                {overview.alerts[name](
                  says ?? (since === null ? visitor.number(n) : visitor.distance(since)),
                )}
              </a>{' '}
              <code class="soft">{name}</code>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function cardsOf({ stages, lately, lastHour }: Figures): Card[] {
  const { lately: did, waiting, problems: wrong } = stages;
  return [
    {
      stage: 'events',
      lately: did.events,
      href: '/console/profiles',
      waiting: waiting.events,
      problems: [{ what: 'rejects', href: '/console/system#rejects', count: wrong.rejects }],
    },
    {
      stage: 'memberships',
      lately: did.memberships,
      href: '/console/segments',
      waiting: waiting.memberships,
    },
    {
      stage: 'enrolments',
      lately: did.enrolments,
      href: '/console/campaigns',
      waiting: waiting.enrolments,
      problems: [{ what: 'parked', href: '/console/system#parked', count: wrong.parked }],
    },
    {
      stage: 'messages',
      lately: sum(lately),
      href: '/console/messages',
      problems: [
        {
          what: 'skipped',
          href: '/console/messages?state=skipped&reason=failed_render',
          count: sum(lastHour.filter(({ reason }) => reason === 'failed_render')),
        },
      ],
    },
    {
      stage: 'delivery',
      lately: sum(lately.filter(({ state }) => state === 'sent')),
      href: '/console/messages?state=sent',
      waiting: waiting.delivery,
      problems: [
        {
          what: 'failed',
          href: '/console/messages?problems=on',
          count: sum(lastHour.filter(({ state }) => state === 'failed' || state === 'ambiguous')),
        },
      ],
    },
    { stage: 'feedback', lately: did.feedback, href: '/console/suppressions' },
  ];
}

function StageCard({ stage, lately, href, waiting, problems = [] }: Card) {
  const visitor = useVisitor();
  const { overview } = visitor.texts;
  return (
    <li class="stage">
      <h2>
        <a href={href}>{overview.stages[stage]}</a>
      </h2>
      <p class="figure">{visitor.bounded(lately)}</p>
      <p class="soft">{overview.units[stage]}</p>
      {waiting && <Backlog {...waiting} />}
      {problems
        .filter(({ count }) => count > 0)
        .map((problem) => (
          <p key={problem.what} class="problem">
            <a href={problem.href}>
              {visitor.bounded(problem.count)} {overview.problems[problem.what]}
            </a>
          </p>
        ))}
    </li>
  );
}

function Backlog({ count, oldest }: Waiting) {
  const visitor = useVisitor();
  const { overview } = visitor.texts;
  if (count === 0 || oldest === null) return <p class="soft">{overview.nothingWaits}</p>;
  return (
    <p class="waiting">
      {overview.waiting(visitor.bounded(count))}
      <span class="soft">{overview.oldest(visitor.distance(oldest))}</span>
    </p>
  );
}

function States({ all }: { all: StateCount[] }) {
  const visitor = useVisitor();
  if (all.length === 0) return null;
  const { overview, messages } = visitor.texts;
  const most = Math.max(...all.map(({ n }) => n));
  return (
    <section class="card" aria-labelledby="states">
      <h2 id="states">{overview.states}</h2>
      <ul class="bars" id="state-bars" data-live>
        {all
          .toSorted((a, b) => b.n - a.n)
          .map(({ state, reason, n }) => (
            <li key={`${state} ${reason}`}>
              <a href={`/console/messages?state=${state}${reason ? `&reason=${reason}` : ''}`}>
                <State of={state} reason={reason} />
              </a>
              <meter min={0} max={most} value={n} aria-label={`${state} ${reason ?? ''}`} />
              <span class="number">{visitor.number(n)}</span>
            </li>
          ))}
      </ul>
      <p class="soft">{messages.approximate}</p>
    </section>
  );
}

function sum(counts: StateCount[]): number {
  return counts.reduce((total, { n }) => total + n, 0);
}
