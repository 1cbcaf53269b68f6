/**
 * Whether mail of a campaign still comes to a profile, and what keeps the next one back: what is asked of the profile at
 * every mail, the states of the two, and the pauses that are about it. All as of now, whatever instant is asked about:
 * none of it has a history.
 */
import type { Instant } from '../core/instant.js';
import { NEVER } from '../core/instant.js';
import { parseAddress } from '../core/parse-address.js';
import { listProcesses, mailOutage, type MailOutage } from '../core/processes.sql.js';
import type { Queryable } from '../core/queryable.js';
import { loadVersion, type LiveDefinitions } from '../definitions/load-definitions.js';
import type { CampaignDefinition, Step } from '../language/definitions.js';
import { allSteps, stepsAhead } from '../language/steps.js';
import type { TemplateDefinition } from '../language/templates/template-definition.js';
import { decideMessage, type MessageDecision } from '../messages/decide-message.js';
import { consentFor, type GateFacts } from '../messages/gate-facts.sql.js';
import type { StoredCampaign } from './campaigns.sql.js';
import { loadLimits } from './hand-over-limits.js';
import type { WaitingPause } from './next-change.js';
import { pausesAbout } from './pauses.sql.js';

/** `comes`: one waits to leave, or lies ahead in it; `if_it_enters`: not before it enters; `none`: it enters no more, or there is none. */
export const NEXT_MAILS = ['comes', 'if_it_enters', 'none'] as const;

export interface NextMail {
  next: (typeof NEXT_MAILS)[number];
  /** What would keep it back now: skip reasons, `campaign_STATE`, `sending_paused`, `mail_outage`, `profile_parked`; empty when none comes. */
  obstacles: string[];
  /** Of that mail, if it were decided now. */
  decision: MessageDecision;
  /** In force and about it, those of its campaign too. */
  pauses: WaitingPause[];
  /** No mailer has a way out; null: one has, or none runs. */
  outage: MailOutage | null;
}

interface Known {
  campaign: StoredCampaign;
  /** Of the version that the enrolment under way is on; without one as it is live. */
  definition: CampaignDefinition;
  profile: GateFacts;
  live: LiveDefinitions;
  now: Instant;
  /** The step that it is at, null = before the first one; undefined: it is not in it. */
  at: string | null | undefined;
  /** A mail of it is pending, or on its way. */
  underWay: boolean;
  /** When `again` lets it in once more, as of now. */
  againAt: Instant | null;
  heldOut: boolean;
}

export async function explainNextMail(sql: Queryable, known: Known): Promise<NextMail> {
  const { campaign, profile, now } = known;
  const next = whichNext(known);
  const decision = await decide(sql, known);
  if (next === 'none') return { next, obstacles: [], decision, pauses: [], outage: null };
  const pauses = await pausesAbout(sql, {
    profileId: profile.profileId,
    campaign: campaign.id,
    senders: await sendersOf(sql, known),
    address: parseAddress(profile.email),
    now,
  });
  const outage = mailOutage(await listProcesses(sql, now));
  const parked = await sql.query('select from parked_profiles where profile_id = $1', [
    profile.profileId,
  ]);
  const obstacles = [
    ...stateObstacles(campaign),
    ...(pauses.some(({ scope }) => scope !== 'campaign') ? ['sending_paused'] : []),
    ...(outage ? ['mail_outage'] : []),
    ...(known.heldOut ? ['held_out'] : []),
    ...('skipped' in decision ? [decision.skipped] : []),
    ...('held' in decision ? [decision.held.because] : []),
    ...(parked.rowCount === 0 ? [] : ['profile_parked']),
  ];
  return { next, obstacles, decision, pauses, outage };
}

function whichNext({ campaign, definition, at, underWay, againAt }: Known): NextMail['next'] {
  const sends = (steps: readonly Step[]): boolean => steps.some(({ kind }) => kind === 'send');
  if (underWay) return 'comes';
  if (at !== undefined && sends(stepsAhead(definition.steps, at))) return 'comes';
  const { enter, steps } = campaign.definition;
  const entersAgain = at === undefined ? againAt !== NEVER : enter.again.kind !== 'never';
  return entersAgain && sends(allSteps(steps)) ? 'if_it_enters' : 'none';
}

function stateObstacles({ state, paused }: StoredCampaign): string[] {
  const open = state === 'live' || state === 'paused';
  return [...(open ? [] : [`campaign_${state}`]), ...(paused ? ['campaign_paused'] : [])];
}

/** By whom any of its mails may be: which one is next, branches and conditions decide. */
async function sendersOf(
  sql: Queryable,
  { definition, live: { templates } }: Known,
): Promise<string[]> {
  const senders = new Set<string>();
  for (const step of allSteps(definition.steps)) {
    if (step.kind !== 'send') continue;
    const stated = step.from ?? definition.from;
    const version = stated === null ? templates.get(step.template) : undefined;
    const template = version && ((await loadVersion(sql, version.versionId)) as TemplateDefinition);
    senders.add(stated ?? template?.variants['']?.from ?? definition.purpose);
  }
  return [...senders];
}

/** What would become of its next mail of the campaign, if it were decided now. */
async function decide(
  sql: Queryable,
  { campaign: { id }, definition, profile, live: { project }, now }: Known,
): Promise<MessageDecision> {
  const { purpose, topic } = definition;
  const { profileId } = profile;
  const next = { id: null, profileId, campaign: id, versionId: 0, purpose, topic };
  const message = { ...next, priority: 0, decidedAt: now };
  const limits = await loadLimits(sql, [message], {
    facts: new Map([[profileId, profile]]),
    project,
    now,
    cache: new Map([[message.versionId, definition]]),
  });
  return decideMessage(
    {
      purpose,
      topic,
      project,
      profile: { email: profile.email },
      suppressed: profile.suppressed,
      ...consentFor(profile, topic, now),
    },
    limits.get(message),
  );
}
