/** When the entries of a timeline are: local times of each profile as instants. Pure. */
import { addCalendar, isZone, toInstant } from '../../core/calendar.js';
import type { Instant } from '../../core/instant.js';
import type { Moment } from '../scalars/read-time.js';
import type { CampaignTest } from './test-definitions.js';

/** The zone of a profile of a test: its trait, else that of the file or the project. */
export function zoneOfProfile(test: CampaignTest, profile: string, otherwise: string): string {
  const stated = test.profiles[profile]?.traits['timezone'];
  return typeof stated === 'string' && isZone(stated) ? stated : otherwise;
}

/** The instant of every entry, in their order; `after` counts from the entry before, in the zone of its own profile. */
export function entryInstants(test: CampaignTest, otherwise: string): Instant[] {
  const instants: Instant[] = [];
  for (const { when, profile } of test.timeline) {
    const zone = zoneOfProfile(test, profile, otherwise);
    instants.push(
      when.kind === 'at'
        ? momentInstant(when.moment, zone)
        : addCalendar(instants.at(-1)!, when.duration, zone),
    );
  }
  return instants;
}

/** A day is its midnight. */
export function momentInstant(moment: Moment, zone: string): Instant {
  if (moment.kind === 'instant') return moment.at;
  const [year, month, day] = moment.date.split('-').map(Number) as [number, number, number];
  const time = moment.kind === 'local' ? moment.at : { hour: 0, minute: 0 };
  return toInstant({ year, month, day, ...time, second: 0, millisecond: 0 }, zone);
}
