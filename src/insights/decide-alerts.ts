/**
 * Insights: what needs a look now, by the rules of docs/alerts.yml and under the same names, for those who look at the
 * overview and have no Prometheus. In: figures of the moment and of the last hour. Out: alerts, the worst first. Pure.
 */
import type { Instant } from '../core/instant.js';
import {
  runningRoles,
  runningTransports,
  troubledMailers,
  type SeenProcess,
} from '../core/processes.sql.js';
import type { StateCount } from '../delivery/send-log-counts.sql.js';
import type { WebhookBacklog } from '../webhooks/backlog.sql.js';
import type { EngineBacklog, MailBacklog } from './backlog.sql.js';

/** Facts and steps are settled within a second. */
export const LATE_WORK_MS = 60_000;
/** Mails may be due for good reasons: a rate, a server that asks for patience. */
export const LATE_MAIL_MS = 300_000;
/** What failed comes again at its time; late is what is due and not tried. */
const LATE_WEBHOOK_MS = 300_000;
/** Ambiguous mails of an hour. */
const MANY_AMBIGUOUS = 10;
/** Share of the mails of an hour that are refused for good; not judged below so many. */
const FAILING = 0.05;
const FEWEST_JUDGED = 20;

export type AlertName =
  | 'RekindleEngineBehind'
  | 'RekindleNoEngine'
  | 'RekindleNoMailer'
  | 'RekindleMailsLate'
  | 'RekindleMailServer'
  | 'RekindleMixedTransports'
  | 'RekindleFailing'
  | 'RekindleAmbiguous'
  | 'RekindleSurge'
  | 'RekindleParked'
  | 'RekindleWebhooksLate'
  | 'RekindleWebhookDisabled'
  | 'RekindleUnrendered'
  | 'RekindleRefusing'
  | 'RekindlePaused';

export interface Alert {
  name: AlertName;
  /** Since when something waits; null where it is about a number. */
  since: Instant | null;
  /** How many: mails, profiles, items, endpoints, pauses; of `RekindleFailing` per cent. */
  n: number;
  /** What the mailers say, of `RekindleMailServer`. */
  says?: string;
}

export interface AlertFacts {
  engine: EngineBacklog;
  mail: MailBacklog;
  webhooks: WebhookBacklog;
  /** As they say themselves (core/processes.sql.ts). */
  processes: readonly SeenProcess[];
  /** Messages decided in the last hour. */
  lastHour: readonly StateCount[];
  /** Items refused in the last hour. */
  rejects: number;
  now: Instant;
}

/** Alerts of this moment. */
export function decideAlerts(facts: AlertFacts): Alert[] {
  const { engine, mail, webhooks, processes, lastHour, rejects, now } = facts;
  const alerts: Alert[] = [];
  const add = (name: AlertName, n: number, since: Instant | null = null): void => {
    alerts.push({ name, n, since });
  };
  const late = (at: Instant | null, ms: number): at is Instant => at !== null && now - at > ms;
  if (engine.oldestDueAt !== null && runningRoles(processes).engine === 0)
    add('RekindleNoEngine', 1, engine.oldestDueAt);
  else if (late(engine.oldestDueAt, LATE_WORK_MS))
    add('RekindleEngineBehind', 1, engine.oldestDueAt);
  if (mail.oldestDueAt !== null && mail.mailers === 0) add('RekindleNoMailer', 1, mail.oldestDueAt);
  else if (late(mail.oldestDueAt, LATE_MAIL_MS)) add('RekindleMailsLate', 1, mail.oldestDueAt);
  const [troubled, ...others] = troubledMailers(processes);
  if (troubled)
    alerts.push({
      name: 'RekindleMailServer',
      n: others.length + 1,
      since: null,
      says: troubled.trouble,
    });
  const ways = runningTransports(processes);
  if (ways.smtp > 0 && ways.dev_mailbox > 0) add('RekindleMixedTransports', ways.dev_mailbox);
  const sum = (...states: string[]): number =>
    lastHour.filter(({ state }) => states.includes(state)).reduce((all, { n }) => all + n, 0);
  const tried = sum('sent', 'failed');
  const failed = sum('failed');
  if (tried >= FEWEST_JUDGED && failed > FAILING * tried)
    add('RekindleFailing', Math.round((100 * failed) / tried));
  if (sum('ambiguous') > MANY_AMBIGUOUS) add('RekindleAmbiguous', sum('ambiguous'));
  if (engine.surges > 0) add('RekindleSurge', engine.surges);
  if (engine.parkedProfiles > 0) add('RekindleParked', engine.parkedProfiles);
  if (late(webhooks.oldestDueAt, LATE_WEBHOOK_MS))
    add('RekindleWebhooksLate', 1, webhooks.oldestDueAt);
  if (webhooks.disabled > 0) add('RekindleWebhookDisabled', webhooks.disabled);
  const unrendered = lastHour
    .filter(({ reason }) => reason === 'failed_render')
    .reduce((all, { n }) => all + n, 0);
  if (unrendered > 0) add('RekindleUnrendered', unrendered);
  if (rejects > 0) add('RekindleRefusing', rejects);
  if (mail.pauses > 0) add('RekindlePaused', mail.pauses);
  return alerts;
}
