/**
 * Facts of the kind `migrate`: an enrolment goes on in another version of its campaign, from the same step or the one that
 * took its place (campaigns/decide-move.ts). In: what somebody asked for (campaigns/migrations.sql.ts). Out: changed
 * working memory; what is due by that, exits and goal of the new version included, is settled at the same instant.
 * Messages that are decided stay what they are.
 */
import { decideEvent } from '../campaigns/decide-event.js';
import { goesOnAt, placeIn, type Place } from '../campaigns/decide-move.js';
import { heardAnew, loadMissedEvents } from '../campaigns/missed-events.sql.js';
import type { StepsBehind } from '../campaigns/steps-behind.js';
import type { Instant } from '../core/instant.js';
import { CAMPAIGN_CONVERTED } from '../core/own-events.js';
import type { Queryable } from '../core/queryable.js';
import { campaignZone, testingOf } from './ask.js';
import { loadPinnedVersions, type CampaignVersion } from './engine-definitions.js';
import { loadMigrations, loadStepsBehind, type AskedMigration } from './moves.sql.js';
import type { EnrolmentState, Turn, Window } from './window.js';
import { endEnrolment, happen } from './happen.js';

interface Moving {
  enrolment: EnrolmentState;
  at: Instant;
  migration: AskedMigration;
  from: CampaignVersion;
  to: CampaignVersion;
}

export async function settleMoves(
  sql: Queryable,
  window: Window,
  turns: readonly Turn[],
): Promise<void> {
  const asked = turns.filter(({ fact }) => fact?.kind === 'migrate');
  if (asked.length === 0) return;
  const ids = asked.map(({ fact }) => fact!.data['migration'] as string);
  const migrations = await loadMigrations(sql, [...new Set(ids)]);
  const { definitions } = window;
  await loadPinnedVersions(
    sql,
    definitions,
    [...migrations.values()].map(({ to }) => to),
  );
  const moving = asked.flatMap(({ profile, at }, place): Moving[] => {
    const migration = migrations.get(ids[place]!);
    if (!migration) return [];
    const to = definitions.versions.get(migration.to)!;
    return profile.enrolments
      .filter(({ active, version }) => active && migration.from.has(version.versionId))
      .map((enrolment) => ({ enrolment, at, migration, from: enrolment.version, to }));
  });
  const behind = await loadStepsBehind(
    sql,
    moving.map(({ enrolment }) => enrolment.id!),
  );
  const moved = moving.filter((one) => move(window, one, behind.get(one.enrolment.id!) ?? NOTHING));
  await settleMissed(sql, window, moved);
}

const NOTHING: StepsBehind = new Map();

/** False: it stays where it is. */
function move(window: Window, moving: Moving, behind: StepsBehind): boolean {
  const { enrolment, at, migration, from, to } = moving;
  const { profile, step, round } = enrolment;
  const zone = campaignZone(to.definition.enter.zone, profile, window.definitions, at);
  const versions = { from: from.program, to: to.program, map: migration.map };
  const place = placeIn(versions, { step, round, behind, zone });
  if ('stays' in place) return false;
  const { id, enteredAt, arrivedAt } = enrolment;
  window.moves.push({
    profileId: profile.id,
    enrolmentId: id!,
    migrationId: migration.id,
    at,
    fromVersion: from.versionId,
    fromStep: step,
    toStep: place.step,
  });
  Object.assign(enrolment, {
    version: to,
    behind,
    movedAt: at,
    arrives: place.arrives,
    arrivedAt: place.arrives ? at : arrivedAt,
    met: false,
    changed: true,
    ...standingAt({ ...moving, place }, zone),
  } satisfies Partial<EnrolmentState>);
  // Every state is asked at once: what bars entry, or ends, there may be true by now.
  enrolment.watches = new Map(to.stateRules.map(({ key }) => [key, at]));
  const { endsAfterMs } = to.definition;
  if (endsAfterMs) enrolment.watches.set('ends_after', enteredAt + endsAfterMs);
  return true;
}

function standingAt(
  { enrolment, at, to, place }: Moving & { place: Exclude<Place, { stays: unknown }> },
  zone: string,
): Pick<EnrolmentState, 'step' | 'round' | 'dueAt' | 'overdueSince' | 'held'> {
  const { step: id, round } = place;
  const step = id === null ? null : to.program.steps.get(id)!.step;
  const standing = { arrivedAt: enrolment.arrivedAt, at, zone, read: () => null };
  const goesOn =
    step && !place.arrives ? goesOnAt(step, standing) : { dueAt: at, overdueSince: null };
  const held = step?.kind === 'send' && !place.arrives ? enrolment.held : null;
  return { step: id, round, held, ...goesOn };
}

/** What its new version ends by, or counts, and has happened since entry, counts as though it had been heard of. */
async function settleMissed(
  sql: Queryable,
  window: Window,
  moved: readonly Moving[],
): Promise<void> {
  for (const [names, some] of byNames(moved)) {
    const missed = await loadMissedEvents(
      sql,
      names,
      some.map(({ enrolment, at }) => ({
        profileId: enrolment.profile.id,
        causeAt: enrolment.causeAt,
        at,
      })),
    );
    some.forEach(({ enrolment, at, to }, place) => {
      const testing = testingOf(enrolment.profile, window.definitions, at, enrolment.entry);
      for (const event of missed[place]!) {
        if (!enrolment.active) return;
        const { converted, ends } = decideEvent(to.definition, enrolment, event, testing);
        if (converted) {
          enrolment.convertedAt = Math.max(event.judgedAt, enrolment.enteredAt);
          enrolment.conversionValue = converted.value;
          happen(enrolment, CAMPAIGN_CONVERTED, at);
        }
        if (ends) endEnrolment(enrolment, at, ends.reason, ends.because);
      }
    });
  }
}

function byNames(moved: readonly Moving[]) {
  const pairs = new Map<string, Moving[]>();
  for (const one of moved) {
    const key = `${one.from.versionId} ${one.to.versionId}`;
    const some = pairs.get(key);
    if (some) some.push(one);
    else pairs.set(key, [one]);
  }
  return [...pairs.values()].flatMap((some) => {
    const { from, to } = some[0]!;
    const names = heardAnew(from.definition, to.definition);
    return names === null ? [] : [[names, some] as const];
  });
}
