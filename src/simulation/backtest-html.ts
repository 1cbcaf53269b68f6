/**
 * What a run of a campaign, or of all of them, came to, as one HTML file that needs nothing else: no script, no font, nothing fetched. In: the
 * result. Out: the page. Names come from definitions and are escaped all the same. Pure.
 */
import type { BacktestResult, TogetherResult } from './backtest.js';
import { barsOf, PLOT_STYLE, sumsOf } from './backtest-plots.js';
import { skippedByReason } from './campaign-figures.sql.js';
import {
  ALONE,
  counts,
  describeBacktest,
  describeTogether,
  mostFirst,
  percent,
  sayEntered,
} from './describe-backtest.js';
import { escapeHtml } from './escape-html.js';

export interface ReportDays {
  /** As they were asked for. */
  from: string;
  to: string;
}

export interface ReportAbout extends ReportDays {
  campaign: string;
}

export function backtestHtml(result: BacktestResult, about: ReportAbout): string {
  const { campaign, from, to } = about;
  const { days, steps, notices = {}, calls = {}, goal, overlap, pressure } = result;
  return page(`Backtest of ${campaign}`, { from, to }, [
    `<p class="lead">${result.entered} entered; of them ${sayEntered(result)}.</p>`,
    sentEachDay(days),
    summedUp(days),
    stepTable('Steps', steps),
    stepTable('Notices to colleagues', notices),
    stepTable('Calls of other systems', calls, 'Made'),
    goal
      ? table(
          'Goal',
          ['', 'Entered', 'Reached it', 'Share'],
          [
            [
              goal.holdout ? 'not held out' : 'everybody',
              String(goal.entered),
              String(goal.converted),
              percent(goal.converted, goal.entered),
            ],
            ...(goal.holdout
              ? [
                  [
                    'held out',
                    String(goal.holdout.entered),
                    String(goal.holdout.converted),
                    percent(goal.holdout.converted, goal.holdout.entered),
                  ],
                ]
              : []),
          ],
        )
      : '',
    table(
      'Not entered',
      ['Reason', 'Profiles'],
      Object.entries(result.refused).map(([reason, n]) => [reason, String(n)]),
    ),
    table(
      'In other campaigns at the same time',
      ['Campaign', 'Profiles'],
      overlap.map((one) => [one.campaign, String(one.profiles)]),
    ),
    mailsInAWeek(pressure),
    `<p class="soft">${ALONE[0]!.toUpperCase()}${ALONE.slice(1)}.</p>`,
    `<details><summary>As text</summary><pre>${escapeHtml(describeBacktest(campaign, result))}</pre></details>`,
  ]);
}

/** The same of all campaigns together. */
export function togetherHtml(result: TogetherResult, { from, to }: ReportDays): string {
  const { campaigns, days, capped, pressure } = result;
  return page('Backtest of all campaigns', { from, to }, [
    sentEachDay(days),
    table(
      'Campaigns',
      ['Campaign', 'Entered', 'Completed', 'Converted', 'Sent', 'Not sent'],
      Object.entries(campaigns).map(([id, { entered, completed, converted, steps }]) => [
        id,
        String(entered),
        String(completed),
        String(converted),
        String(Object.values(steps).reduce((sum, { sent }) => sum + sent, 0)),
        counts(skippedByReason(steps)),
      ]),
    ),
    table(
      'Kept back by a cap',
      ['Campaign', 'Mails', 'Filled by mails of'],
      capped.map(({ campaign, mails, filledBy }) => [
        campaign,
        String(mails),
        counts(mostFirst(filledBy)),
      ]),
    ),
    mailsInAWeek(pressure),
    `<details><summary>As text</summary><pre>${escapeHtml(describeTogether(result))}</pre></details>`,
  ]);
}

function sentEachDay(days: BacktestResult['days']): string {
  const bars = days.map(({ day, sent }) => ({ name: day, value: sent }));
  return barsOf('Mails sent each day', bars);
}

function mailsInAWeek(pressure: BacktestResult['pressure']): string {
  if (pressure.length === 0) return '';
  const bars = pressure.map(({ mails, profiles }) => ({ name: String(mails), value: profiles }));
  return barsOf('Profiles by the most marketing mails within 7 days', bars);
}

function summedUp(days: BacktestResult['days']): string {
  const sumOf = (what: 'entered' | 'converted', says: string) => {
    let sum = 0;
    return { what, says, values: days.map((day) => (sum += day[what])) };
  };
  return sumsOf(
    'Entered and converted, summed up',
    days.map(({ day }) => day),
    [sumOf('entered', 'Entered'), sumOf('converted', 'Converted')],
  );
}

function page(title: string, { from, to }: ReportDays, sections: readonly string[]): string {
  const days = [from, to].map((day) => `<span>${escapeHtml(day)}</span>`).join(' – ');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(`${title}, ${from} – ${to}`)}</title>
<style>${STYLE}</style>
<main>
<h1>${escapeHtml(title)}, ${days}</h1>
<p class="soft">Recorded events, replayed through the engine. What happened did so without these mails: the goal says who would have reached it anyway.</p>
${sections.filter(Boolean).join('\n')}
</main>
</html>
`;
}

const STYLE = `
:root { color-scheme: light dark; --ink: light-dark(#1c2426, #e6ecee); --soft: light-dark(#5b686c, #9fb0b5);
  --line: light-dark(#d8dfe1, #3a474b); --paper: light-dark(#fff, #171d1f); --good: light-dark(#0b7a75, #4fc0b8); --busy: light-dark(#a05a00, #e0a050); }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 880px; margin: 0 auto; padding: 24px 16px 64px; }
h1 { font-size: 24px; line-height: 1.25; text-wrap: balance; overflow-wrap: anywhere; } h1 span { white-space: nowrap; } h2 { font-size: 16px; font-weight: 600; margin: 32px 0 8px; }
.soft { color: var(--soft); } .lead { font-size: 17px; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
td, th { text-align: left; vertical-align: top; padding: 6px 0 6px 24px; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { font-weight: 600; color: var(--soft); font-size: 14px; } td:first-child, th:first-child { padding-left: 0; width: 30%; }
.n { text-align: right; } td:last-child:not(.n) { white-space: normal; min-width: 180px; }
@media (max-width: 600px) { td, th { padding-left: 14px; } td:first-child { white-space: normal; overflow-wrap: anywhere; min-width: 96px; } td:last-child:not(.n) { min-width: 110px; } }
summary { cursor: pointer; margin-top: 32px; } ${PLOT_STYLE}
pre { overflow-x: auto; }`;

function stepTable(title: string, steps: BacktestResult['steps'], done = 'Sent'): string {
  return table(
    title,
    ['Step', done, `Not ${done.toLowerCase()}`],
    Object.entries(steps).map(([id, { sent, skipped }]) => [
      id,
      String(sent),
      Object.entries(skipped ?? {})
        .map(([reason, n]) => `${reason} ${n}`)
        .join(', ') || '0',
    ]),
  );
}

function table(title: string, head: readonly string[], rows: readonly string[][]): string {
  if (rows.length === 0) return '';
  // Under one another figures compare by their places.
  const figures = head.map((_, place) => rows.every((row) => /^[\d.,]+ ?%?$/.test(row[place]!)));
  const cells = (tag: string, of: readonly string[]): string =>
    `<tr>${of.map((cell, place) => `<${tag}${figures[place] ? ' class="n"' : ''}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
  const shown = escapeHtml(title);
  return `<h2>${shown}</h2><div class="scroll" role="region" aria-label="${shown}" tabindex="0"><table>${cells('th', head)}${rows.map((row) => cells('td', row)).join('')}</table></div>`;
}
