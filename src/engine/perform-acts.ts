/**
 * Does what steps ask for: states traits and consent, tracks events, enrols elsewhere, calls other systems. In: the acts of many walks at one
 * round of settling; out: what came of each, for its walk. Written in bulk, in the transaction that settles the steps: so
 * each is done exactly once, and nothing of it without the step that asked for it.
 */
import { createHash } from 'node:crypto';
import type { ActStep, Walk } from '../campaigns/walk.js';
import { iterationOf } from '../campaigns/walk.js';
import { campaignSource } from '../core/own-events.js';
import type { Queryable } from '../core/queryable.js';
import { stateTopicsAt } from '../ingest/state-topics-at.js';
import { stateTraitsAt, type StatedTraits } from '../ingest/state-traits-at.js';
import { lateOf } from './decide-send.js';
import { hear, hearTopic, hearTraits, storeAndHear } from './own-facts.js';
import { seeTraits } from './trait-past.js';
import type { EnrolmentState, Window } from './window.js';

export interface Act {
  enrolment: EnrolmentState;
  walk: Walk;
  /** Under which the walk wants to know what came of it. */
  key: string;
  step: ActStep;
  values: Record<string, unknown>;
}

/** Does them, and writes into each walk what came of its own. */
export async function performActs(
  sql: Queryable,
  window: Window,
  acts: readonly Act[],
): Promise<void> {
  const tell = (act: Act, outcome: string): void => void act.walk.outcomes.set(act.key, outcome);
  const of = (...kinds: ActStep['kind'][]): Act[] =>
    acts.filter(({ step }) => kinds.includes(step.kind));
  await performTraits(sql, window, of('set', 'unset'), tell);
  await performTopics(sql, window, of('subscribe', 'unsubscribe'), tell);
  await performTracks(sql, window, of('track'), tell);
  for (const act of of('enrol')) tell(act, performEnrol(window, act));
  for (const act of of('webhook')) tell(act, performCall(window, act));
}

type Tell = (act: Act, outcome: string) => void;

/** `done`, or `refused:traits_full`. */
async function performTraits(
  sql: Queryable,
  window: Window,
  acts: readonly Act[],
  tell: Tell,
): Promise<void> {
  if (acts.length === 0) return;
  const { stated, profiles } = await stateTraitsAt(
    sql,
    acts.map(({ enrolment, walk, step, values }) => ({
      profileId: enrolment.profile.id,
      at: walk.at,
      traits:
        step.kind === 'unset'
          ? Object.fromEntries(step.traits.map((name) => [name, null]))
          : values,
      source: campaignSource(enrolment.version.id),
    })),
    window.definitions.project,
  );
  acts.forEach((act, index) => {
    const { profile } = act.enrolment;
    const { changes, tooMuch, reborn }: StatedTraits = stated[index]!;
    tell(act, tooMuch === null ? 'done' : 'refused:traits_full');
    seeTraits(profile, profiles.get(profile.id)!, act.walk.at, changes);
    const { trace } = act.enrolment;
    hearTraits(window, profile, { at: act.walk.at, changes, reborn, source: nameOf(act), trace });
  });
}

/** `done`, or `skipped:unsubscribed` where a no stands that was not a campaign's. */
async function performTopics(
  sql: Queryable,
  window: Window,
  acts: readonly Act[],
  tell: Tell,
): Promise<void> {
  const statements = acts.map(({ enrolment, walk, step }) => ({
    profileId: enrolment.profile.id,
    topic: 'topic' in step ? step.topic : '',
    subscribed: step.kind === 'subscribe',
    at: walk.at,
    source: campaignSource(enrolment.version.id),
  }));
  const stated = await stateTopicsAt(sql, statements);
  acts.forEach((act, index) => {
    const { refused, change } = stated[index]!;
    tell(act, refused ? 'skipped:unsubscribed' : 'done');
    const { profile, trace } = act.enrolment;
    const { topic, subscribed: after, at } = statements[index]!;
    if (change)
      hearTopic(window, profile, {
        at,
        topic,
        change: { ...change, after },
        source: nameOf(act),
        trace,
      });
  });
}

async function performTracks(
  sql: Queryable,
  window: Window,
  acts: readonly Act[],
  tell: Tell,
): Promise<void> {
  await storeAndHear(
    sql,
    window,
    acts.map((act) => ({
      profile: act.enrolment.profile,
      event: {
        profileId: act.enrolment.profile.id,
        name: 'event' in act.step ? act.step.event : '',
        at: act.walk.at,
        properties: act.values,
        source: campaignSource(act.enrolment.version.id),
        messageId: identityOf(act),
        historical: false,
        trace: act.enrolment.trace,
      },
    })),
  );
  for (const act of acts) tell(act, 'done');
}

/** Asks for an entry: `asked`, or `missed` where nobody is let in. What comes of it is for the other campaign to say. */
function performEnrol({ definitions }: Window, act: Act): string {
  const campaign = 'campaign' in act.step ? act.step.campaign : '';
  if (!definitions.campaigns.has(campaign)) return 'missed';
  const { profile, trace } = act.enrolment;
  const data = { trigger: `enrol:${identityOf(act)}`, entry: act.values };
  hear(
    profile,
    { kind: 'enrol', at: act.walk.at, name: campaign, data, trace },
    `${nameOf(act)} ${campaign}`,
  );
  return 'asked';
}

/** `called`: it is written down with the step, and delivered from there. */
function performCall(window: Window, { enrolment, walk, step, values }: Act): string {
  window.calls.push({
    enrolment,
    step: step.id,
    iteration: iterationOf(walk),
    endpoint: 'endpoint' in step ? step.endpoint : '',
    values,
    late: lateOf(window, enrolment, { at: walk.at }),
    at: walk.at,
  });
  return 'called';
}

function nameOf({ enrolment, step }: Act): string {
  return `${enrolment.version.id}/${step.id}`;
}

/** The same for the same step of the same enrolment, however often it is computed: CAMPAIGN/STEP and a hash of the rest. */
function identityOf(act: Act): string {
  const { profile, trigger } = act.enrolment;
  const hash = createHash('md5').update(
    JSON.stringify([profile.id, trigger, iterationOf(act.walk)]),
  );
  return `${nameOf(act)}/${hash.digest('hex').slice(0, 16)}`;
}
