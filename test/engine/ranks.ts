/** Percentiles for the tests of the engine: conditions that rank, who is a member, and the cut-offs that were taken last. */
import type { Condition } from '../../src/language/definitions.js';
import type { Ranked, RankedValue } from '../../src/language/conditions/sampled-shapes.js';
import { DAY, type Scenario } from './scenario.js';

export const HOUR = DAY / 24;
export const SAMPLING = { zone: 'UTC', at: { hour: 3, minute: 0 } };
export const rank = (
  op: 'at_least' | 'at_most',
  percent: number,
  among: string | null = null,
): Ranked => ({
  tests: [{ op, rank: percent, negated: false }],
  among: among === null ? null : { kind: 'segment', segment: among, negated: false },
  sampling: SAMPLING,
});
export const orders = (
  value: RankedValue,
  ranked: Ranked,
  window: object = { kind: 'ever' },
): Condition => ({
  kind: 'event',
  names: { kind: 'list', names: ['order'] },
  occurrence: null,
  where: [],
  window: window as { kind: 'ever' },
  quantity: { kind: 'percentile', value, ...ranked },
});
export const pro: Extract<Condition, { kind: 'trait' }> = {
  kind: 'trait',
  path: ['plan'],
  tests: [{ op: 'is', value: 'pro', negated: false }],
};

export async function membersOf(story: Scenario, id: string): Promise<number[]> {
  const { rows } = await story.connection.query<{ profile_id: number }>(
    'select profile_id from segment_states where segment = $1 and member order by 1',
    [id],
  );
  return rows.map(({ profile_id }) => profile_id);
}

/** [rank, cut-off, among] of the sample taken last. */
export async function cutoffsOf(story: Scenario): Promise<[number, number | null, number][]> {
  const { rows } = await story.connection.query<{ r: number; c: number | null; n: number }>(
    `select rank::float8 as r, cutoff::float8 as c, counted as n from percentile_cutoffs
     where sampled_at = (select max(sampled_at) from percentile_cutoffs) order by 1`,
  );
  return rows.map(({ r, c, n }) => [r, c, n]);
}
