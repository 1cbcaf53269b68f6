/** Who enters a campaign and how often, in the language's own words. For whoever has to tell people. Pure. */
import { formatDuration, formatElapsed } from '../../core/duration.js';
import { DAY_MS } from '../../core/instant.js';
import type { Schedule } from '../../core/schedule.js';
import { printChange, printCondition, printMatch } from '../conditions/print-condition.js';
import type { CampaignDefinition, Entry, OnePerAccount } from '../definitions.js';
import type { TimeOfDay } from '../scalars/time-shapes.js';
import { printTime } from '../scalars/print-days.js';

/** `event: cart_updated, not_followed_by: order, within: 4 hours, per: cart_id`; what is left out stands as it is by default. */
export function printEnter({ enter, id }: Pick<CampaignDefinition, 'enter' | 'id'>): string {
  return [...kindOf(enter, id), ...commonOf(enter)].join(', ');
}

function kindOf(enter: Entry, id: string): string[] {
  switch (enter.kind) {
    case 'segment':
      return [
        // Its own condition is a segment that only it knows by name.
        enter.segment === `${id}/who` ? 'who' : `segment: ${enter.segment}`,
        ...(enter.current ? ['current: true'] : []),
        ...(enter.ifLeft === 'stay' ? ['if_left: stay'] : []),
      ];
    case 'event':
      return [printMatch(enter.match, enter.sequence), ...olderOf(enter.ignoreOlderThanMs)];
    case 'trait':
      return [printChange(enter), ...olderOf(enter.ignoreOlderThanMs)];
    case 'date':
      return [printDate(enter)];
    case 'schedule':
      return [printSchedule(enter.schedule), `who: { ${printCondition(enter.who)} }`];
    case 'api':
      return ['api: enrolment'];
    case 'broadcast':
      return ['api: broadcast', `who: { ${printCondition(enter.who)} }`];
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
      return `once: ${'instant' in schedule.at ? new Date(schedule.at.instant).toISOString() : `${schedule.at.date} ${printTime(schedule.at.at)}`}`;
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
    ...(one ? [`one_per_account: { ${oneOf(one)} }`] : []),
    ...(zone === 'profile' ? [] : [`zone: ${zone}`]),
  ];
}

function oneOf({ prefer, otherwise }: OnePerAccount): string {
  const conditions = prefer.map((condition) => `{ ${printCondition(condition)} }`);
  return [
    ...(prefer.length > 0 ? [`prefer: [${conditions.join(', ')}]`] : []),
    `otherwise: ${otherwise}`,
  ].join(', ');
}
