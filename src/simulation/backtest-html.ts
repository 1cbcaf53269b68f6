/**
 * What a run of a campaign, or of all of them, came to, as one HTML file that needs nothing else: no script, no font, nothing fetched. In: the
 * result. Out: the page. Names come from definitions and are escaped all the same. Pure.
 */
import { scaleLinear } from 'd3-scale';
import { line } from 'd3-shape';
import type { BacktestResult, TogetherResult } from './backtest.js';
import { skippedByReason } from './campaign-figures.sql.js';
import {
  ALONE,
  counts,
  describeBacktest,
  describeTogether,
  mostFirst,
  percent,
} from './describe-backtest.js';

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
  return page(`Backtest of ${campaign}, ${from} – ${to}`, [
    `<p class="lead">${result.entered} entered, ${result.completed} completed, ${result.converted} converted, ${result.active} still in it.</p>`,
    sentEachDay(days),
    figure('Entered and converted, summed up', linesOf(days)),
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
    `<p>${ALONE}</p>`,
    `<details><summary>As text</summary><pre>${escape(describeBacktest(campaign, result))}</pre></details>`,
  ]);
}

/** The same of all campaigns together. */
export function togetherHtml(result: TogetherResult, { from, to }: ReportDays): string {
  const { campaigns, days, capped, pressure } = result;
  return page(`Backtest of all campaigns, ${from} – ${to}`, [
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
    `<details><summary>As text</summary><pre>${escape(describeTogether(result))}</pre></details>`,
  ]);
}

function sentEachDay(days: BacktestResult['days']): string {
  const bars = days.map(({ day, sent }) => ({ name: day, value: sent }));
  return figure('Mails sent each day', barsOf(bars));
}

function mailsInAWeek(pressure: BacktestResult['pressure']): string {
  if (pressure.length === 0) return '';
  const bars = pressure.map(({ mails, profiles }) => ({ name: String(mails), value: profiles }));
  return figure('Profiles by the most marketing mails within 7 days', barsOf(bars));
}

function page(title: string, sections: readonly string[]): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escape(title)}</title>
<style>${STYLE}</style>
<main>
<h1>${escape(title)}</h1>
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
h1 { font-size: 24px; line-height: 1.25; } h2, figcaption { font-size: 16px; font-weight: 600; margin: 32px 0 8px; }
figure { margin: 0; } svg { width: 100%; height: auto; display: block; }
.soft { color: var(--soft); } .lead { font-size: 17px; }
svg text { fill: var(--soft); font-size: 11px; } svg line { stroke: var(--line); }
rect { fill: var(--good); } path { fill: none; stroke-width: 2; } .entered { stroke: var(--busy); } .converted { stroke: var(--good); }
text.entered { fill: var(--busy); stroke: none; } text.converted { fill: var(--good); stroke: none; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: 6px 12px 6px 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
pre { overflow-x: auto; }`;

const WIDTH = 860;
const HEIGHT = 200;
const LEFT = 44;
const BOTTOM = 24;
const TOP = 10;
/** As many names as fit below. */
const MOST_NAMES = 8;

function barsOf(bars: readonly { name: string; value: number }[]): string {
  const y = upwards(Math.max(1, ...bars.map(({ value }) => value)));
  const step = (WIDTH - LEFT) / Math.max(1, bars.length);
  const width = Math.max(0.5, step * (step > 4 ? 0.8 : 1));
  const drawn = bars.map(({ name, value }, place) => {
    const [x, top] = [round(LEFT + place * step), round(y.at(value))];
    return `<rect x="${x}" y="${top}" width="${round(width)}" height="${round(y.at(0) - top)}"><title>${escape(name)}: ${value}</title></rect>`;
  });
  return svg([
    y.axis,
    ...drawn,
    ...namesBelow(
      bars.map(({ name }) => name),
      step,
    ),
  ]);
}

function linesOf(days: BacktestResult['days']): string {
  const sums = { entered: [] as number[], converted: [] as number[] };
  for (const what of ['entered', 'converted'] as const) {
    let sum = 0;
    for (const day of days) sums[what].push((sum += day[what]));
  }
  const y = upwards(Math.max(1, sums.entered.at(-1) ?? 0, sums.converted.at(-1) ?? 0));
  const step = (WIDTH - LEFT) / Math.max(1, days.length);
  const drawn = (['entered', 'converted'] as const).map((what, place) => {
    const path = line<number>()
      .x((_, day) => round(LEFT + (day + 0.5) * step))
      .y((value) => round(y.at(value)))(sums[what]);
    return `<path class="${what}" d="${path ?? ''}"/><text class="${what}" x="${LEFT + 8}" y="${TOP + 12 + place * 14}">${what}</text>`;
  });
  return svg([
    y.axis,
    ...drawn,
    ...namesBelow(
      days.map(({ day }) => day),
      step,
    ),
  ]);
}

function upwards(most: number): { at: (value: number) => number; axis: string } {
  const at = scaleLinear([0, most], [HEIGHT - BOTTOM, TOP]).nice();
  const ticks = at.ticks(4).filter(Number.isInteger);
  const axis = ticks.map((tick) => {
    const y = round(at(tick));
    return `<line x1="${LEFT}" x2="${WIDTH}" y1="${y}" y2="${y}"/><text x="${LEFT - 6}" y="${y + 4}" text-anchor="end">${tick}</text>`;
  });
  return { at, axis: axis.join('') };
}

function namesBelow(names: readonly string[], step: number): string[] {
  const every = Math.ceil(names.length / MOST_NAMES);
  return names.flatMap((name, place) =>
    place % every === 0
      ? [`<text x="${round(LEFT + place * step)}" y="${HEIGHT - 6}">${escape(name)}</text>`]
      : [],
  );
}

function svg(parts: readonly string[]): string {
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">${parts.join('')}</svg>`;
}

function figure(caption: string, drawn: string): string {
  return `<figure><figcaption>${escape(caption)}</figcaption>${drawn}</figure>`;
}

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
  const cells = (tag: string, of: readonly string[]): string =>
    `<tr>${of.map((cell) => `<${tag}>${escape(cell)}</${tag}>`).join('')}</tr>`;
  return `<h2>${escape(title)}</h2><table>${cells('th', head)}${rows.map((row) => cells('td', row)).join('')}</table>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
