/** What a run of a campaign came to, as plain text. Pure. */
import { formatElapsed } from '../core/duration.js';
import { DAY_MS } from '../core/instant.js';
import type { BacktestResult, TogetherResult } from './backtest.js';
import type { BacktestReport, GoalFigures } from './backtest-report.sql.js';
import type { CappedFigures } from './together.sql.js';

export function describeBacktest(campaign: string, result: BacktestResult): string {
  const { atEnd } = result.exited;
  const lines = [
    `${campaign}: ${result.entered} entered; of them ${sayEntered(result)}`,
    ...Object.entries(result.steps).map(
      ([id, { sent, skipped }]) =>
        `  ${id}: ${sent} sent${skipped ? `, not sent: ${counts(skipped)}` : ''}`,
    ),
    ...Object.entries(result.notices ?? {}).map(
      ([id, { sent, skipped }]) =>
        `  notice ${id}: ${sent} sent${skipped ? `, not sent: ${counts(skipped)}` : ''}`,
    ),
    ...Object.entries(result.calls ?? {}).map(
      ([id, { sent, skipped }]) =>
        `  call ${id}: ${sent} made${skipped ? `, not made: ${counts(skipped)}` : ''}`,
    ),
    `  exited before: ${counts(result.exited.before)}${atEnd ? `; after the last send by ${counts(atEnd)}` : ''}`,
    `  waiting for: ${counts(result.waiting.before)}`,
    `  not entered: ${counts(result.refused)}`,
    ...(result.goal ? describeGoal(result.goal) : []),
    describeDays(result.days),
    `  also in: ${counts(Object.fromEntries(result.overlap.map((one) => [one.campaign, one.profiles])))}`,
    ...describePressure(result.pressure),
    `  ${ALONE}`,
    `  ${result.wallSeconds} s, ${result.peakMb} MB at most`,
  ];
  return `${lines.join('\n')}\n`;
}

/** How those who entered fare; who completed it may have reached the goal, too. */
export function sayEntered({
  completed,
  converted,
  active,
}: Pick<BacktestResult, 'completed' | 'converted' | 'active'>): string {
  return `${completed} completed it, ${converted} reached the goal, ${active} are still in it`;
}

/** What the figures of one campaign leave out. */
export const ALONE =
  'it ran alone: what others take of caps that they share does not count; backtest --all runs all of them together';

/** What all campaigns together came to, without their table. */
export function describeTogether(result: TogetherResult): string {
  const lines = [
    describeDays(result.days),
    ...result.capped.map((one) => `  ${describeCapped(one)}`),
    ...describePressure(result.pressure),
    `  ${result.wallSeconds} s, ${result.peakMb} MB at most`,
  ];
  return `${lines.join('\n')}\n`;
}

function describeCapped({ campaign, mails, filledBy }: CappedFigures): string {
  return `kept back by a cap: ${campaign} ${mails}, filled by mails of ${counts(mostFirst(filledBy))}`;
}

export function mostFirst(of: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(of).toSorted(([, a], [, b]) => b - a));
}

function describeGoal({ entered, converted, value, medianMs, holdout }: GoalFigures): string[] {
  const worth = value === null ? '' : `, worth ${value}`;
  // To the minute, or to the day: seconds say nothing.
  const unit = medianMs !== null && medianMs >= DAY_MS ? DAY_MS : 60_000;
  const half =
    medianMs === null
      ? ''
      : `, half of them within ${formatElapsed(Math.ceil(medianMs / unit) * unit)}`;
  return [
    `  goal: ${converted} of ${entered} (${percent(converted, entered)})${worth}${half}`,
    ...(holdout
      ? [
          `  held out: ${holdout.converted} of ${holdout.entered} (${percent(holdout.converted, holdout.entered)})`,
        ]
      : []),
  ];
}

function describeDays(days: BacktestReport['days']): string {
  const most = days.reduce<BacktestReport['days'][number] | null>(
    (best, day) => (best === null || day.sent > best.sent ? day : best),
    null,
  );
  const sent = days.reduce((sum, day) => sum + day.sent, 0);
  if (most === null || sent === 0) return '  sends: none';
  return `  sends: ${(sent / days.length).toFixed(1)} a day, at most ${most.sent} (${most.day})`;
}

function describePressure(pressure: BacktestReport['pressure']): string[] {
  if (pressure.length === 0) return [];
  const parts = pressure.map(({ mails, profiles }) => `${mails}: ${profiles}`);
  return [`  profiles by most marketing mails within 7 days: ${parts.join(', ')}`];
}

export function percent(part: number, of: number): string {
  return of === 0 ? '–' : `${((100 * part) / of).toFixed(1)} %`;
}

export function counts(of: Record<string, number>): string {
  const said = Object.entries(of).map(([what, n]) => `${what} ${n}`);
  return said.join(', ') || 'none';
}
