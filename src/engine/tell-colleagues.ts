/**
 * What the engine brings about itself at one profile may concern its whole company: colleagues hear of it at the same
 * instant, in a further turn. Those who had nothing to settle are loaded then; the others keep step with each other
 * (settle-rounds.ts), so nobody is beyond that instant. Members in shards of other engines are told by the inbox.
 */
import { isOwnEvent } from '../core/own-events.js';
import { NEVER } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { Step } from '../language/definitions.js';
import type { AccountReads } from '../language/reads.js';
import { allSteps } from '../language/steps.js';
import type { EngineDefinitions } from './engine-definitions.js';
import { loadKnown, loadProfiles } from './load-window.js';
import { hear } from './own-facts.js';
import { tellMembersOfOwn } from './tell-members.sql.js';
import type { Fact, ProfileState, Window } from './window.js';
import { beginInstant } from './window.js';

/** Tells colleagues of what these profiles have heard of their own; returns those who have something to settle by that. */
export async function tellColleagues(
  sql: Queryable,
  window: Window,
  profiles: Iterable<ProfileState>,
): Promise<ProfileState[]> {
  const facts = [...new Set(profiles)].flatMap((profile) =>
    profile.untold.splice(0).map((fact) => ({ profile, fact })),
  );
  const { accounts } = window.definitions.reads;
  if (!accounts || facts.length === 0) return [];
  const { shards } = window.here;
  const told = await tellMembersOfOwn(sql, accounts, { facts, shards });
  await loadMissing(sql, window, new Set(told.map(({ profileId }) => profileId)));
  return told.flatMap(({ profileId, place }) => {
    const colleague = window.profiles.get(profileId);
    if (colleague) hearOfColleague(colleague, facts[place]!.fact);
    return colleague ?? [];
  });
}

async function loadMissing(
  sql: Queryable,
  window: Window,
  ids: ReadonlySet<number>,
): Promise<void> {
  const missing = [...ids].filter((id) => !window.profiles.has(id));
  const { definitions, builds, here } = window;
  const loaded = await loadProfiles(sql, missing);
  await loadKnown(sql, loaded, { definitions, builds, since: here.since });
  for (const [id, profile] of loaded) window.profiles.set(id, profile);
}

function hearOfColleague(colleague: ProfileState, fact: Fact): void {
  const { instant } = colleague;
  const at = instant === NEVER ? fact.at : Math.max(fact.at, instant);
  beginInstant(colleague, at);
  // One deeper than its cause, so that colleagues who set each other off are found out.
  colleague.round = Math.max(colleague.round, fact.round);
  const { kind, judgedAt, name, historical, trace } = fact;
  const data = { kind, data: kind === 'event' ? {} : fact.data };
  hear(
    colleague,
    { kind: 'member', at, judgedAt, name, historical, data, trace },
    `colleague ${name ?? kind}`,
  );
}

/** Whether anything of the engine's own may concern colleagues: where not, each goes through its instants by itself. */
export function concernsColleagues({ reads, versions }: EngineDefinitions): boolean {
  const { accounts } = reads;
  if (!accounts) return false;
  if (accounts.of.events.some(isOwnEvent)) return true;
  return [...versions.values()].some(({ definition }) =>
    allSteps(definition.steps).some((step) => isHeard(step, accounts)),
  );
}

function isHeard(step: Step, { of }: AccountReads): boolean {
  switch (step.kind) {
    case 'track':
      return of.anyEvent || of.events.includes(step.event);
    case 'set':
      return Object.keys(step.traits).some((trait) => of.traits.includes(trait));
    case 'unset':
      return step.traits.some((trait) => of.traits.includes(trait));
    case 'subscribe':
    case 'unsubscribe':
      return step.topic === '*' ? of.topics.length > 0 : of.topics.includes(step.topic);
    case 'send':
    case 'notify':
    case 'wait':
    case 'wait_until':
    case 'wait_for':
    case 'branch':
    case 'split':
    case 'repeat':
    case 'webhook':
    case 'enrol':
    case 'exit':
      return false;
  }
}
