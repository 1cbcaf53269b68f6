/**
 * Stage 3: who would leave a campaign the moment that a migration moves them: by exits, `while`, `ends_after` and events of
 * the past of the new version. Asked of everybody, or of so many where they are more, spread over all.
 */
import { valueAt } from '../core/value-at.js';
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { LiveDefinitions } from '../definitions/load-definitions.js';
import type { CampaignDefinition } from '../language/definitions.js';
import { compileCondition } from '../segments/compile-condition.js';
import { evaluate } from '../segments/evaluate.js';
import type { Testing } from '../segments/test-value.js';
import { decideEvent } from './decide-event.js';
import { placeIn, type StepMap } from './decide-move.js';
import { sampleStanding, type EarlierVersion, type StandingEnrolment } from './migrations.sql.js';
import { heardAnew, loadMissedEvents } from './missed-events.sql.js';
import { toProgram } from './program.js';
import { stateRulesOf } from './state-rules.js';

/** Conditions are asked of so many; a plan has to come within seconds. */
const MOST_ASKED = 5_000;

export interface EndsAtOnce {
  /** Enrolments that were asked about. */
  of: number;
  /** Whether those are all. */
  all: boolean;
  /** Of them, by what would end them. */
  by: { because: string; n: number }[];
}

interface Asked {
  live: LiveDefinitions;
  from: readonly EarlierVersion[];
  to: CampaignDefinition;
  map: StepMap;
  now: Instant;
}

export async function endsAtOnce(sql: Queryable, asked: Asked): Promise<EndsAtOnce> {
  const { from, to, map } = asked;
  const versions = from.map(({ id }) => id);
  const campaign = to.id;
  const some = await sampleStanding(sql, { campaign, versions, most: MOST_ASKED + 1 });
  const all = some.length <= MOST_ASKED;
  const programs = new Map(from.map(({ id, definition }) => [id, toProgram(definition)]));
  const program = toProgram(to);
  const moving = some.slice(0, MOST_ASKED).filter(({ versionId, step }) => {
    const standing = { step, round: null, behind: new Map(), zone: 'UTC' };
    const place = placeIn({ from: programs.get(versionId)!, to: program, map }, standing);
    return !('stays' in place) || place.stays === 'in_rounds';
  });
  const ends = new Map<number, string>();
  await byEvents(sql, asked, moving, ends);
  byTime(asked, moving, ends);
  await byStates(sql, asked, moving, ends);
  const counts = new Map<string, number>();
  for (const because of ends.values()) counts.set(because, (counts.get(because) ?? 0) + 1);
  const by = [...counts].map(([because, n]) => ({ because, n })).sort((a, b) => b.n - a.n);
  return { of: moving.length, all, by };
}

async function byEvents(
  sql: Queryable,
  { from, to, live, now }: Asked,
  moving: readonly StandingEnrolment[],
  ends: Map<number, string>,
): Promise<void> {
  for (const { id, definition } of from) {
    const names = heardAnew(definition, to);
    const some = moving.filter(({ versionId }) => versionId === id);
    if (names === null || some.length === 0) continue;
    const missed = await loadMissedEvents(
      sql,
      names,
      some.map(({ profileId, causeAt }) => ({ profileId, causeAt, at: now })),
    );
    some.forEach((one, place) => {
      const standing = { ...one, active: true };
      const testing: Testing = {
        at: now,
        zone: one.zone ?? live.project.zone,
        look: ({ of, path }) => valueAt(of === 'entry' ? one.entry : one.traits, path),
      };
      for (const event of missed[place]!) {
        const { converted, ends: end } = decideEvent(to, standing, event, testing);
        if (converted) standing.convertedAt = now;
        if (!end) continue;
        ends.set(one.id, end.because ?? end.reason);
        return;
      }
    });
  }
}

function byTime(
  { to, now }: Asked,
  moving: readonly StandingEnrolment[],
  ends: Map<number, string>,
): void {
  const { endsAfterMs } = to;
  if (endsAfterMs === undefined) return;
  for (const { id, enteredAt } of moving)
    if (!ends.has(id) && enteredAt + endsAfterMs <= now) ends.set(id, 'ends_after');
}

async function byStates(
  sql: Queryable,
  { live, to, now }: Asked,
  moving: readonly StandingEnrolment[],
  ends: Map<number, string>,
): Promise<void> {
  const segments = new Map([...live.segments].map(([id, { definition }]) => [id, definition]));
  for (const rule of stateRulesOf(to)) {
    const open = moving.filter(({ id }) => !ends.has(id));
    const verdicts = await evaluate(
      sql,
      compileCondition(rule.condition, segments),
      open.map(({ profileId, causeAt, entry, zone }, subjectId) => ({
        subjectId,
        profileId,
        at: now,
        since: causeAt,
        waitSince: null,
        entry,
        zone: zone ?? live.project.zone,
      })),
    );
    verdicts.forEach(({ holds }, place) => {
      if (rule.ends(holds)) ends.set(open[place]!.id, rule.label);
    });
  }
}
