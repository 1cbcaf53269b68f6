/**
 * Moments that have passed: a schedule that strikes no more, a wait until a moment that is gone. In: campaigns as they were read,
 * and the instant at which somebody asks. Out: warnings. What was read is kept as `Moment`s, so that reading asks for no clock:
 * whoever has one (validate, a plan) says which of them are over. Only what is over in every zone where it may be is said.
 */
import type { Diagnostic } from '../../core/diagnostic.js';
import type { Instant } from '../../core/instant.js';
import { nextStrike, type Schedule } from '../../core/schedule.js';
import type { CampaignDefinition, ProjectDefinition, Step } from '../definitions.js';
import type { Read } from '../reading.js';
import { allSteps } from '../steps.js';

/** When something comes, for the last time maybe, and what is to be said once it cannot come any more. */
export interface Moment {
  campaign: string;
  schedule: Schedule;
  zone: string;
  diagnostic: Diagnostic;
}

/** Where a wall time comes last. */
const LAST_ZONE = 'Etc/GMT+12';

/** Of campaigns that are no drafts: a draft lets nobody in anyway. `project: null` = it could not be read. */
export function momentsOf(
  campaigns: readonly Read<CampaignDefinition>[],
  project: ProjectDefinition | null,
): Moment[] {
  return campaigns.flatMap(({ definition, reading }) => {
    const { id, enter, draft, steps } = definition;
    if (draft) return [];
    const zone = zoneOf(enter.zone, project);
    const moment = (schedule: Schedule, at: object, message: string, help: string): Moment => {
      const place = { file: reading.file.path, range: reading.lines.range(reading.placeOf(at)) };
      const diagnostic = { code: 'RK803', severity: 'warning', ...place, message, help } as const;
      return { campaign: id, schedule, zone, diagnostic };
    };
    const entry =
      enter.kind === 'schedule'
        ? [moment(enter.schedule, enter.schedule, ...saidOfSchedule(enter.schedule))]
        : [];
    const waits = allSteps(steps).flatMap((step) => {
      const fixed = fixedMoment(step);
      if (fixed === null) return [];
      return [moment(fixed.schedule, step, fixed.message, PASSED_WAIT)];
    });
    return [...entry, ...waits];
  });
}

/** What of it has passed by `now`, at its places; `campaigns`: of these alone. */
export function pastMoments(
  moments: readonly Moment[],
  now: Instant,
  campaigns?: ReadonlySet<string>,
): Diagnostic[] {
  return moments
    .filter(({ campaign }) => !campaigns || campaigns.has(campaign))
    .filter(({ schedule, zone }) => nextStrike(schedule, [zone], now - 1) === null)
    .map(({ diagnostic }) => diagnostic);
}

function zoneOf(
  zone: CampaignDefinition['enter']['zone'],
  project: ProjectDefinition | null,
): string {
  if (zone === 'project') return project?.zone ?? LAST_ZONE;
  return zone === 'profile' ? LAST_ZONE : zone;
}

const OVER = 'a campaign that is over may stay with draft: true, which lets nobody in';

function saidOfSchedule(schedule: Schedule): [message: string, help: string] {
  return schedule.kind === 'once'
    ? ['this moment has passed, and nobody enters', `write a moment to come; ${OVER}`]
    : [
        'the last day of this schedule has passed, and nobody enters any more',
        `write a later UNTIL= or a larger COUNT=; ${OVER}`,
      ];
}

const PASSED_WAIT =
  'write a moment to come, or if_past: continue, by which whoever comes later goes on at once';

/** Null for what waits for another thing, and where it is said that those who come later go on. */
function fixedMoment(step: Step): { schedule: Schedule; message: string } | null {
  if (step.kind !== 'wait_until') return null;
  const { until, ifPast = 'continue' } = step;
  if (ifPast === 'continue') return null;
  const message = {
    skip: 'this moment has passed: whoever comes here is taken past the steps up to the next wait',
    exit: 'this moment has passed: whoever comes here leaves the campaign',
  }[ifPast];
  if (until.kind === 'instant')
    return { schedule: { kind: 'once', at: { instant: until.at } }, message };
  if (until.kind !== 'local') return null;
  return { schedule: { kind: 'once', at: { date: until.date, at: until.at } }, message };
}
