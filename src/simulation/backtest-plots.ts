/**
 * Plots of a backtest as HTML around an SVG: what is drawn stretches to any width, what is read beside and below it is text of the
 * page's size. In: figures by day or by name. Out: a `<figure>`. Pure.
 */
import { scaleLinear } from 'd3-scale';
import { line } from 'd3-shape';
import { escapeHtml } from './escape-html.js';

export interface Bar {
  name: string;
  value: number;
}

/** A line, summed up from one place to the next. */
export interface Sum {
  /** Its class, which colours it. */
  what: string;
  says: string;
  values: readonly number[];
}

/** Units of the drawing; it is stretched to the figure. */
const WIDTH = 1_000;
const HEIGHT = 200;
/** As many names as fit below; on a narrow screen every other one is left out. */
const MOST_NAMES = 8;

export const PLOT_STYLE = `
figure { margin: 0 0 44px; } figcaption { font-size: 16px; font-weight: 600; margin: 32px 0 4px; }
.legend { display: flex; flex-wrap: wrap; gap: 0 20px; margin: 0 0 8px; padding: 0; list-style: none; color: var(--soft); font-size: 14px; }
.legend b { color: var(--ink); font-weight: 600; } .legend i { display: inline-block; width: 16px; border-top: 3px solid; vertical-align: 4px; margin-right: 6px; }
.plot { position: relative; margin-top: 16px; padding-left: 44px; }
.plot svg { width: 100%; height: 180px; display: block; overflow: visible; }
.plot span { position: absolute; color: var(--soft); font-size: 12px; line-height: 16px; white-space: nowrap; }
.up span { width: 36px; left: 0; margin-top: -8px; text-align: right; } .along { position: absolute; left: 44px; right: 0; top: 100%; }
.along span { top: 6px; }
.plot line { stroke: var(--line); vector-effect: non-scaling-stroke; } rect { fill: var(--good); }
path { fill: none; stroke-width: 2; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
path.entered { stroke: var(--busy); } path.converted { stroke: var(--good); } .legend i.entered { border-color: var(--busy); } .legend i.converted { border-color: var(--good); }
@media (max-width: 600px) { .along span.odd { display: none; } .plot svg { height: 150px; } }`;

export function barsOf(caption: string, bars: readonly Bar[]): string {
  const y = upwards(Math.max(1, ...bars.map(({ value }) => value)));
  const step = WIDTH / Math.max(1, bars.length);
  // Of a few bars none is as wide as a hand.
  const width = Math.min(60, step * (bars.length > 200 ? 1 : 0.8));
  const drawn = bars.map(({ name, value }, place) => {
    const [x, top] = [round((place + 0.5) * step - width / 2), round(y.at(value))];
    return `<rect x="${x}" y="${top}" width="${round(width)}" height="${round(HEIGHT - top)}"><title>${escapeHtml(name)}: ${value}</title></rect>`;
  });
  const names = bars.map(({ name }) => name);
  return figure(caption, '', plot(caption, [y.lines, ...drawn], y.names, names));
}

/** Lines over the same names, each with what it comes to in the end. */
export function sumsOf(caption: string, names: readonly string[], sums: readonly Sum[]): string {
  const y = upwards(Math.max(1, ...sums.map(({ values }) => values.at(-1) ?? 0)));
  const step = WIDTH / Math.max(1, names.length);
  const drawn = sums.map(({ what, values }) => {
    const path = line<number>()
      .x((_, place) => round((place + 0.5) * step))
      .y((value) => round(y.at(value)))([...values]);
    return `<path class="${what}" d="${path ?? ''}"/>`;
  });
  const legend = sums.map(
    ({ what, says, values }) =>
      `<li><i class="${what}"></i>${escapeHtml(says)} <b>${values.at(-1) ?? 0}</b></li>`,
  );
  return figure(
    caption,
    `<ul class="legend">${legend.join('')}</ul>`,
    plot(caption, [y.lines, ...drawn], y.names, names),
  );
}

function upwards(most: number): { at: (value: number) => number; lines: string; names: string } {
  const at = scaleLinear([0, most], [HEIGHT, 0]).nice(4);
  const ticks = at.ticks(4).filter(Number.isInteger);
  return {
    at,
    lines: ticks
      .map((tick) => `<line x1="0" x2="${WIDTH}" y1="${round(at(tick))}" y2="${round(at(tick))}"/>`)
      .join(''),
    names: ticks
      .map((tick) => `<span style="top:${percentOf(at(tick), HEIGHT)}">${tick}</span>`)
      .join(''),
  };
}

function plot(
  label: string,
  drawn: readonly string[],
  up: string,
  names: readonly string[],
): string {
  const svg = `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${escapeHtml(label)}">${drawn.join('')}</svg>`;
  return `<div class="plot">${svg}<div class="up">${up}</div><div class="along">${namesBelow(names)}</div></div>`;
}

/** Each begins where its place does, or in its middle where all are named. */
function namesBelow(names: readonly string[]): string {
  const every = Math.ceil(names.length / MOST_NAMES);
  const shown = names.flatMap((name, place) => (place % every === 0 ? [{ name, place }] : []));
  return shown
    .map(({ name, place }, n) => {
      const left = percentOf(place + (every === 1 ? 0.5 : 0), names.length);
      // Short ones fit on a narrow screen as well.
      const odd = n % 2 === 1 && name.length > 4 ? ' class="odd"' : '';
      const middle = every === 1 ? ';transform:translateX(-50%)' : '';
      return `<span${odd} style="left:${left}${middle}">${escapeHtml(name)}</span>`;
    })
    .join('');
}

function figure(caption: string, legend: string, drawn: string): string {
  return `<figure><figcaption>${escapeHtml(caption)}</figcaption>${legend}${drawn}</figure>`;
}

function percentOf(part: number, whole: number): string {
  return `${round((100 * part) / Math.max(1, whole))}%`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
