/** A campaign test as people and what they do, for invented-recording.sql.ts. Pure. */
import { isZone } from '../core/calendar.js';
import type { Instant } from '../core/instant.js';
import { entryInstants, momentInstant, zoneOfProfile } from '../language/tests/entry-instants.js';
import {
  MESSAGE_BOUNCED,
  MESSAGE_CLICKED,
  MESSAGE_COMPLAINED,
  MESSAGE_OPENED,
} from '../core/own-events.js';
import type { CampaignTest, FeedbackAction, TestFile } from '../language/tests/test-definitions.js';
import type { InventedProfile, Population } from './population.js';

/** How the engine hears of it. */
const FEEDBACK: Readonly<Record<FeedbackAction, string>> = {
  opens: MESSAGE_OPENED,
  clicks: MESSAGE_CLICKED,
  bounces: MESSAGE_BOUNCED,
  complains: MESSAGE_COMPLAINED,
};

export interface StagedTest {
  population: Population;
  /** When each entry of the timeline is, in their order. */
  instants: Instant[];
  /** When virtual time begins. */
  from: Instant;
  /** Our numbers of the profiles, by name. */
  ids: Map<string, number>;
  broadcasts: SentBroadcast[];
  requests: EnrolRequest[];
}

/** What the API is asked in a test: to let a profile in. */
export interface EnrolRequest extends SentBroadcast {
  profileId: number;
}

/** A broadcast of the campaign, as its test sends it. */
export interface SentBroadcast {
  at: Instant;
  entry: Record<string, unknown>;
}

/** `projectZone`: of profiles of whose zone neither the test nor its file says anything. */
export function stageTest(file: TestFile, test: CampaignTest, projectZone: string): StagedTest {
  const zone = file.zone ?? projectZone;
  const instants = entryInstants(test, zone);
  const names = Object.keys(test.profiles);
  const ids = new Map(names.map((name, index) => [name, index + 1]));
  const population: Population = {
    profiles: [],
    accounts: Object.entries(test.accounts).map(([externalId, traits], index) => ({
      id: index + 1,
      externalId,
      traits,
    })),
    accountChanges: [],
    events: [],
    traitChanges: [],
    consents: [],
    suppressions: [],
  };
  const first = instants[0]!;
  for (const name of names) population.profiles.push(toProfile(name));
  const from = Math.min(first, ...population.profiles.map(({ joinedAt }) => joinedAt));
  for (const name of names) {
    for (const [topic, subscribed] of Object.entries(test.profiles[name]!.topics)) {
      const said = { topic, subscribed, at: from, source: 'test', countsFrom: from };
      population.consents.push({ profileId: ids.get(name)!, ...said });
    }
  }
  const broadcasts: SentBroadcast[] = [];
  const requests: EnrolRequest[] = [];
  act();
  return { population, instants, from, ids, broadcasts, requests };

  function toProfile(name: string): InventedProfile {
    const { traits, firstSeen, account } = test.profiles[name]!;
    const stated = file.zone === null ? traits : { timezone: file.zone, ...traits };
    const own = stated['timezone'];
    return {
      id: ids.get(name)!,
      userId: name,
      traits: stated,
      zone: typeof own === 'string' && isZone(own) ? own : null,
      accountId: population.accounts.find(({ externalId }) => externalId === account)?.id ?? null,
      joinedAt:
        firstSeen === null ? first : momentInstant(firstSeen, zoneOfProfile(test, name, zone)),
    };
  }

  function act(): void {
    const traits = new Map(population.profiles.map((one) => [one.id, { ...one.traits }]));
    const companies = new Map(population.accounts.map((one) => [one.id, { ...one.traits }]));
    test.timeline.forEach(({ profile, action }, index) => {
      const profileId = ids.get(profile)!;
      const at = instants[index]!;
      if (action?.kind === 'event') {
        const { name, properties, times } = action;
        for (let n = 0; n < times; n += 1)
          population.events.push({ profileId, name, at, properties });
      }
      if (action?.kind === 'set') {
        const now = traits.get(profileId)!;
        for (const [trait, value] of Object.entries(action.traits)) {
          const after = value ?? undefined;
          population.traitChanges.push({ profileId, trait, before: now[trait], after, at });
          now[trait] = after;
        }
      }
      if (action?.kind === 'set_account') {
        const { accountId } = population.profiles.find(({ id }) => id === profileId)!;
        const now = companies.get(accountId!)!;
        for (const [trait, value] of Object.entries(action.traits)) {
          const after = value ?? undefined;
          const change = { accountId: accountId!, trait, before: now[trait], after, at };
          population.accountChanges.push(change);
          now[trait] = after;
        }
      }
      if (action && 'step' in action) {
        const properties = { campaign: file.campaign, step: action.step };
        population.events.push({ profileId, name: FEEDBACK[action.kind], at, properties });
        const address = traits.get(profileId)!['email'];
        const fails = action.kind === 'bounces' || action.kind === 'complains';
        if (fails && typeof address === 'string')
          population.suppressions.push({ address: address.toLowerCase(), at, countsFrom: at });
      }
      if (action?.kind === 'enrol') requests.push({ profileId, at, entry: action.entry });
      if (action?.kind === 'broadcast') broadcasts.push({ at, entry: action.entry });
      if (action?.kind === 'unsubscribes') {
        const said = { topic: action.topic, subscribed: false, at, source: 'test' };
        population.consents.push({ profileId, ...said, countsFrom: at });
      }
    });
  }
}
