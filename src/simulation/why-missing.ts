/**
 * Why something that a campaign test expects did not happen: what `explain` says of the profile at the minute in question, in the
 * test's own words for people and times. In: a played story's workspace. Out: a few lines.
 */
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { loadCampaign } from '../delivery/campaigns.sql.js';
import { describeLack } from '../delivery/describe-lack.js';
import { explainProfile, type ExplainedProfile } from '../delivery/explain-profile.js';
import { inWords } from '../delivery/say-stored.js';
import { findLatestEvent } from '../ingest/profiles.sql.js';
import { printGoal, printRule } from '../language/campaigns/print-step.js';
import type { CampaignDefinition, EventMatch, Step } from '../language/definitions.js';
import { allSteps } from '../language/steps.js';
import type { Clause } from '../segments/explain-condition.js';

interface Asking {
  campaign: string;
  profile: {
    id: number;
    name: string;
    zone: string;
    /** When its life begins in the story. */
    joinedAt: Instant;
    /** What it does, or what is sent to it, until then, in order. */
    events: readonly string[];
  };
  step: string | null;
  /** It was to convert. */
  toConvert: boolean;
  at: Instant;
  /** How far the story has been played. */
  now: Instant;
}

export async function whyMissing(
  sql: Queryable,
  { campaign: id, profile, step, toConvert, at, now }: Asking,
): Promise<string[]> {
  const campaign = await loadCampaign(sql, id, now);
  const asked = { profileId: profile.id, now, at };
  const explained = campaign && (await explainProfile(sql, { ...asked, campaign }));
  const voice = inWords(profile.zone);
  const born = voice.time(profile.joinedAt);
  if (at < profile.joinedAt)
    return [
      `${profile.name} is not there yet: its life begins at ${born}, say an earlier first_seen`,
    ];
  if (!explained) return [];
  const { verdict, way } = explained;
  const lines = describeLack(explained, { who: profile.name, step, voice });
  if (verdict.is !== 'never_asked') {
    const { definition } = campaign;
    const { goal } = definition;
    if (toConvert && goal)
      lines.push(`  goal: ${printGoal(goal)}`, await latestOf(sql, goal.match, { profile, at }));
    const waited =
      verdict.is === 'in_it' && verdict.step ? [verdict.step] : timedOut(explained, definition);
    for (const one of toConvert || !step ? [] : waited)
      if (one.kind === 'wait_for' && one.rule.kind === 'event')
        lines.push(
          `  wait_for: ${printRule(one.rule)}`,
          await latestOf(sql, one.rule.match, { profile, at }),
        );
    return lines;
  }
  if (way.who && dependsOnLife(way.who.clause))
    lines.push(`  its life begins at ${born}, by first_seen or the first entry`);
  if (way.opening?.kind === 'date' && passedBy(way.opening.last, profile.joinedAt))
    lines.push(
      `  its life begins at ${born}, and a date lets in only who was there before it: say an earlier first_seen`,
    );
  if (verdict.missing.what === 'event' && !way.event?.latest)
    lines.push(
      profile.events.length === 0
        ? '  nothing came of it until then'
        : `  what came until then: ${profile.events.join(', ')}`,
    );
  return lines;
}

function timedOut({ enrolments }: ExplainedProfile, { steps }: CampaignDefinition): Step[] {
  const ids = (enrolments[0]?.steps ?? []).flatMap(({ outcome, step }) =>
    outcome === 'timed_out' ? [step] : [],
  );
  return allSteps(steps).filter(({ id }) => ids.includes(id));
}

/** The latest event of those that are waited for, whatever it says; so that a property that is another one is seen. */
async function latestOf(
  sql: Queryable,
  { names }: EventMatch,
  { profile: { id, zone }, at }: Pick<Asking, 'profile' | 'at'>,
): Promise<string> {
  const wanted = names.kind === 'any' ? null : names.names;
  const latest = await findLatestEvent(sql, id, { names: wanted, at });
  if (!latest) return `  no ${wanted?.join(' or ') ?? 'event'} came until then`;
  const { name, occurredAt, properties } = latest;
  return `  the latest ${name} at ${inWords(zone).time(occurredAt)} has ${JSON.stringify(properties)}`;
}

/** The latest time that lets in was over when it joined, or is the very moment of that. */
function passedBy(last: Instant | null, joinedAt: Instant): boolean {
  return last !== null && last <= joinedAt;
}

/** Some event that is asked about is undecided: its window is open yet, or the life too short. */
function dependsOnLife({ holds, seen, of }: Clause): boolean {
  if (holds === true) return false;
  const isOpen = holds === null && (seen?.kind === 'events' || seen?.kind === 'trend');
  return isOpen || of.some(dependsOnLife);
}
