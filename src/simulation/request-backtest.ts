/** Asking for a backtest in the background. In: a campaign that is live and two times. Out: a queued row, with its record. */
import { recordAction } from '../core/audit.js';
import { HttpProblem } from '../core/http-problem.js';
import { DAY_MS, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { loadLive } from '../definitions/load-definitions.js';
import { parseLocalTime } from '../ingest/parse-time.js';
import { queueBacktest, type StoredBacktest } from './backtests.sql.js';

/** Ten years. */
const LONGEST_MS = 3_653 * DAY_MS;

export interface BacktestRequest {
  campaign: string;
  /** Days or times of the project's zone, or with an offset; `to` is exclusive. */
  from: string;
  to: string;
  by: string;
  now: Instant;
}

/** In the caller's transaction. Throws 404, 422 for times that are none, 429 when too many wait. */
export async function requestBacktest(
  sql: Queryable,
  { campaign, from: fromText, to: toText, by, now }: BacktestRequest,
): Promise<StoredBacktest> {
  const live = await loadLive(sql);
  if (!live?.campaigns.has(campaign)) throw new HttpProblem(404, 'no such campaign is live');
  const { zone } = live.project;
  const [from, to] = [readTime('from', fromText, zone), readTime('to', toText, zone)];
  if (from >= to) throw new HttpProblem(422, 'from must lie before to');
  if (to - from > LONGEST_MS) throw new HttpProblem(422, 'that is more than ten years');
  if (from >= now) throw new HttpProblem(422, 'from lies ahead: nothing is recorded there');
  const asked = { campaign, fromText, toText, from, to, askedBy: by, askedAt: now };
  const queued = await queueBacktest(sql, asked);
  if (!queued)
    throw new HttpProblem(429, 'too many backtests wait: one runs at a time, cancel one or wait', {
      'retry-after': '60',
    });
  await recordAction(sql, {
    at: now,
    actor: by,
    action: 'campaign.backtest',
    subject: `campaign/${campaign}`,
    detail: { backtest: queued.id, from: fromText, to: toText },
  });
  return queued;
}

function readTime(name: string, text: string, zone: string): Instant {
  const at = parseLocalTime(text, zone);
  if (at === null)
    throw new HttpProblem(
      422,
      `${name}: ${text} is not a time such as 2026-05-01 or 2026-05-01T10:00`,
    );
  return at;
}
