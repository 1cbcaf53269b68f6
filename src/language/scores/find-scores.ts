/**
 * Conditions on scores get what the score is, once every file was read. In: the scores, and the conditions that were read. Out:
 * errors for scores that need each other and for bands that there are not. What is in a circle stays unknown.
 */
import { partsOf } from '../conditions/parts-of.js';
import type { Condition } from '../definitions.js';
import type { Read, Reading } from '../reading.js';
import { suggest } from '../words.js';
import type { ScoreBody, ScoreDefinition } from './score-shapes.js';

export function findScores(
  scores: readonly Read<ScoreDefinition>[],
  readings: readonly Reading[],
): void {
  const byId = new Map(scores.map((one) => [one.definition.id, one]));
  const needs = new Map(
    scores.map(({ definition }) => [
      definition.id,
      scoresIn(definition.points.flatMap(conditionOf)),
    ]),
  );
  const circular = new Set([...byId.keys()].filter((id) => reaches(id, id, needs)));
  for (const [id, { definition, reading }] of byId) {
    const circle = [...circular].filter(
      (other) => reaches(id, other, needs) && reaches(other, id, needs),
    );
    if (!circular.has(id) || circle.some((other) => other < id)) continue;
    reading.error(
      'RK320',
      reading.placeOf(definition),
      circle.length === 1
        ? `the score ${id} needs itself`
        : `scores in a circle: ${circle.toSorted().join(', ')} need each other`,
      'give one of them its points by events and traits alone',
    );
  }
  for (const reading of readings)
    for (const { name, band, body } of reading.scores) {
      const score = byId.get(name.text)?.definition;
      if (!score || circular.has(score.id)) continue;
      Object.assign(body, bodyOf(score));
      if (band === null || score.bands.some((one) => one.band === band.text)) continue;
      const known = score.bands.map((one) => one.band);
      reading.error(
        'RK518',
        band,
        `the score ${score.id} has no band \`${band.text}\``,
        known.length === 0
          ? `it has no bands: say at_least: with a number, or give it some in scores/${score.id}.yaml`
          : suggest(band.text, known, 'its bands'),
      );
    }
}

/** Nothing of it but what its number comes to. */
function bodyOf({ base, points, range, bands, sampling }: ScoreDefinition): ScoreBody {
  return { base, points, range, bands, ...(sampling ? { sampling } : {}) };
}

function conditionOf(rule: ScoreDefinition['points'][number]): Condition[] {
  return 'if' in rule ? [rule.if] : [];
}

/** Scores that stand in conditions themselves, not by way of segments: those have a check of their own. */
function scoresIn(conditions: readonly Condition[]): string[] {
  return conditions.flatMap((condition) => [
    ...(condition.kind === 'score' ? [condition.score] : []),
    ...scoresIn(partsOf(condition)),
  ]);
}

/** Whether the one needs the other, directly or not. */
function reaches(from: string, to: string, needs: ReadonlyMap<string, readonly string[]>): boolean {
  const seen = new Set<string>();
  const open = [...(needs.get(from) ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === to) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    open.push(...(needs.get(next) ?? []));
  }
  return false;
}
