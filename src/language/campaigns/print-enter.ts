/** Who enters a campaign and how often, in the language's own words. For whoever has to tell people. Pure. */
import { formatDuration, formatElapsed } from '../../core/duration.js';
import { DAY_MS } from '../../core/instant.js';
import type { Schedule } from '../../core/schedule.js';
import { printChange, printCondition, printMatch } from '../conditions/print-condition.js';
import type { CampaignDefinition, Entry, OnePerAccount } from '../definitions.js';
import type { TimeOfDay } from '../scalars/time-shapes.js';
import { printInstant, printTime } from '../scalars/print-days.js';

/** What lets in, without what is asked beside it: `event: …`, `date: …`, `segment: trials`, `api: enrolment`. */
export function printOpening({ enter, id }: Pick<CampaignDefinition, 'enter' | 'id'>): string {
  switch (enter.kind) {
    case 'segment':
      // Its own condition is a segment that only it knows by name.
      return enter.segment === `${id}/who` ? 'who' : `segment: ${enter.segment}`;
    case 'event':
      return printMatch(enter.match, enter.sequence);
    case 'trait':
      return printChange(enter);
    case 'date':
      return printDate(enter);
    case 'schedule':
      return printSchedule(enter.schedule);
    case 'api':
      return 'api: enrolment';
    case 'broadcast':
      return 'api: broadcast';
  }
}

/** `event: cart_updated, not_followed_by: order, within: 4 hours, per: cart_id`; what is left out stands as it is by default. */
export function printEnter(campaign: Pick<CampaignDefinition, 'enter' | 'id'>): string {
  const { enter } = campaign;
  return [printOpening(campaign), ...besideOf(enter), ...commonOf(enter)].join(', ');
}

function besideOf(enter: Entry): string[] {
  switch (enter.kind) {
    case 'segment':
      return [
        ...(enter.current ? ['current: true'] : []),
        ...(enter.ifLeft === 'stay' ? ['if_left: stay'] : []),
      ];
    case 'event':
    case 'trait':
      return olderOf(enter.ignoreOlderThanMs);
    case 'schedule':
    case 'broadcast':
      return [`who: { ${printCondition(enter.who)} }`];
    case 'date':
    case 'api':
      return [];
  }
}

/** `date: trial_ends_at, before: 3 days, at: 09:00` */
export function printDate(enter: Extract<Entry, { kind: 'date' }>): string {
  return [
    `date: ${enter.path.join('.')}`,
    ...(enter.shift ? [`${enter.shift.direction}: ${formatDuration(enter.shift)}`] : []),
    `at: ${printTime(enter.at)}`,
    ...(enter.every ? [`every: ${enter.every}`] : []),
    ...(enter.catchUpMs === DAY_MS ? [] : [`catch_up: ${formatElapsed(enter.catchUpMs)}`]),
  ].join(', ');
}

/** `schedule: { every: month, day: first tue, at: 10:00 }` */
export function printSchedule(schedule: Schedule): string {
  return `schedule: { ${formOf(schedule)} }`;
}

function formOf(schedule: Schedule): string {
  switch (schedule.kind) {
    case 'once':
      return `once: ${'instant' in schedule.at ? printInstant(schedule.at.instant) : `${schedule.at.date} ${printTime(schedule.at.at)}`}`;
    case 'cron':
      return `cron: ${schedule.cron}`;
    case 'rule': {
      const { said, rule, from, at } = schedule;
      if (!said) return `rrule: ${rule}${from ? `, from: ${from}` : ''}${atOf(at)}`;
      return `every: ${said.every}${said.day === null ? '' : `, day: ${said.day}`}${atOf(at)}`;
    }
  }
}

function atOf(at: TimeOfDay): string {
  return `, at: ${printTime(at)}`;
}

function olderOf(ms: number): string[] {
  return ms === DAY_MS ? [] : [`ignore_older_than: ${formatElapsed(ms)}`];
}

function commonOf({
  if: condition,
  per,
  needs,
  again,
  ifActive,
  zone,
  onePerAccount: one,
}: Entry): string[] {
  return [
    ...(condition ? [`if: { ${printCondition(condition)} }`] : []),
    ...(per ? [`per: ${per.join('.')}`] : []),
    ...(needs.length > 0 ? [`needs: [${needs.map((path) => path.join('.')).join(', ')}]`] : []),
    `again: ${again.kind === 'after' ? `after ${formatElapsed(again.ms)}` : again.kind}`,
    ...(ifActive === 'ignore' ? [] : [`if_active: ${ifActive}`]),
    ...(one ? [`one_per_account: ${printOnePerAccount(one)}`] : []),
    ...(zone === 'profile' ? [] : [`zone: ${zone}`]),
  ];
}

/** `{ prefer: [{ trait: role, is: admin }], otherwise: skip }` */
export function printOnePerAccount({ prefer, otherwise }: OnePerAccount): string {
  const conditions = prefer.map((condition) => `{ ${printCondition(condition)} }`);
  const first = prefer.length > 0 ? `prefer: [${conditions.join(', ')}], ` : '';
  return `{ ${first}otherwise: ${otherwise} }`;
}
