/**
 * Charts as SVG, made on the server (docs/adr/0102). In: stretches of time and what was counted in each. Out: a figure with
 * its caption, a legend where there are several series, and the numbers as a table. Along the time everything is in percent and
 * upwards in pixels, so a chart takes the width it gets and its letters stay as large as the page's; colours come by class.
 */
import { scaleBand, scaleLinear } from 'd3-scale';
import { area, line, stack, stackOffsetDiverging } from 'd3-shape';
import type { ComponentChildren } from 'preact';
import { useVisitor } from '../frame/visitor.js';
import { Table } from './show.js';

export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'doubt' | 'plain';

/** What was counted, one value a stretch; below zero: drawn downwards, read as its amount. */
export interface Series {
  name: string;
  tone: Tone;
  values: readonly number[];
}

/** How a stretch is called below the axis, and in full. */
export interface Span {
  short: string;
  long: string;
}

interface Chart {
  /** Of the page, for what names the figure. */
  id: string;
  caption: string;
  /** Stands under the caption. */
  note?: ComponentChildren;
  spans: readonly Span[];
  series: readonly Series[];
  /** A single series is named too: the caption does not say what it is. */
  named?: boolean;
}

const HEIGHT = 160;
/** Room above the highest bar and for the names of stretches. */
const TOP = 8;
const BOTTOM = 22;
/** As many as fit below a wide chart; a narrow one shows every second. */
const MOST_LABELS = 7;

type Y = (value: number) => number;

/** Stacked bars. */
export function BarChart(chart: Chart) {
  const { spans, series } = chart;
  const layers = stack<unknown, number, number>()
    .keys(series.keys())
    .value((span, of) => series[of]!.values[span] ?? 0)
    .offset(stackOffsetDiverging)(spans.keys());
  const ends = layers.flatMap((layer) => layer.flatMap(([low, high]) => [low, high]));
  const { y, ticks } = upwards(Math.min(0, ...ends), Math.max(1, ...ends));
  const x = bands(spans.length);
  return (
    <Figure {...chart} y={y} ticks={ticks}>
      {spans.map((_, span) => (
        <Column key={span} {...chart} span={span}>
          {layers.map((layer, of) => {
            const [low, high] = layer[span]!;
            return (
              high > low && (
                <rect
                  key={of}
                  class={`tone-${series[of]!.tone}`}
                  x={`${x.at(span)}%`}
                  width={`${x.width}%`}
                  y={round(y(high))}
                  height={Math.max(1, round(y(low) - y(high)))}
                />
              )
            );
          })}
        </Column>
      ))}
    </Figure>
  );
}

/** Sizes at the end of each stretch, as a line over its area, from zero on. */
export function SizeChart(chart: Chart) {
  const { spans, series } = chart;
  const { y, ticks } = upwards(0, Math.max(1, ...series.flatMap(({ values }) => values)));
  const x = bands(spans.length);
  const middle = (span: number): number => round(x.at(span) + x.width / 2);
  return (
    <Figure {...chart} y={y} ticks={ticks}>
      {/* A path knows no percent: it is drawn a hundred wide and stretched, its line kept thin by the stylesheet. */}
      <svg
        width="100%"
        height={HEIGHT}
        viewBox={`0 0 100 ${HEIGHT}`}
        preserveAspectRatio="none"
        overflow="visible"
      >
        {series.map(({ name, tone, values }) => {
          const points = values.map((value, span) => ({ x: middle(span), y: round(y(value)) }));
          const shape = area<(typeof points)[number]>(
            (at) => at.x,
            HEIGHT,
            (at) => at.y,
          );
          const edge = line<(typeof points)[number]>(
            (at) => at.x,
            (at) => at.y,
          );
          return (
            <g key={name} class={`tone-${tone}`}>
              <path class="area" d={shape(points) ?? ''} />
              <path class="edge" d={edge(points) ?? ''} />
            </g>
          );
        })}
      </svg>
      {spans.map((_, span) => (
        <Column key={span} {...chart} span={span} />
      ))}
    </Figure>
  );
}

function bands(n: number): { at: (span: number) => number; width: number; step: number } {
  const scale = scaleBand<number>()
    .domain(Array.from({ length: n }, (_, span) => span))
    .range([0, 100])
    .paddingInner(0.25)
    .paddingOuter(0.125);
  return {
    at: (span) => round(scale(span)!),
    width: round(scale.bandwidth()),
    step: scale.step(),
  };
}

/** Things are counted: there is no line at half of one. */
function upwards(least: number, most: number): { y: Y; ticks: number[] } {
  const scale = scaleLinear().domain([least, most]).range([HEIGHT, TOP]).nice(4);
  return { y: (value) => scale(value), ticks: scale.ticks(4).filter(Number.isInteger) };
}

function round(n: number): number {
  return Math.round(n * 100) / 100;
}

/** One stretch: what was drawn for it, and a tooltip anywhere above or below it. */
function Column({
  span,
  spans,
  series,
  children,
}: Pick<Chart, 'spans' | 'series'> & { span: number; children?: ComponentChildren }) {
  const visitor = useVisitor();
  const { step } = bands(spans.length);
  const values = series
    .filter(({ values: all }) => all[span])
    .map(({ name, values: all }) => `${name} ${visitor.number(Math.abs(all[span]!))}`);
  return (
    <g class="column">
      <title>{`${spans[span]!.long}: ${values.join(', ') || '0'}`}</title>
      <rect
        class="hover"
        x={`${round(span * step)}%`}
        width={`${round(step)}%`}
        y={0}
        height={HEIGHT}
      />
      {children}
    </g>
  );
}

interface Drawn extends Chart {
  y: Y;
  ticks: readonly number[];
  children: ComponentChildren;
}

function Figure({ id, caption, note, spans, series, named, y, ticks, children }: Drawn) {
  const visitor = useVisitor();
  const { charts } = visitor.texts;
  const heading = `${id}-caption`;
  const empty = series.every(({ values }) => values.every((value) => value === 0));
  return (
    <figure class="card chart" id={id} aria-labelledby={heading}>
      <figcaption>
        <h2 id={heading}>{caption}</h2>
        {note && <p class="soft">{note}</p>}
      </figcaption>
      {empty ? (
        <p class="soft">{charts.nothing}</p>
      ) : (
        <>
          {(series.length > 1 || named) && <Legend of={series} />}
          <div class="plot">
            <svg class="axis" width="48" height={HEIGHT + BOTTOM} aria-hidden="true">
              {ticks.map((tick) => (
                <text key={tick} x="40" y={round(y(tick)) + 4} text-anchor="end">
                  {visitor.compact(Math.abs(tick))}
                </text>
              ))}
            </svg>
            <svg width="100%" height={HEIGHT + BOTTOM} role="img" aria-labelledby={heading}>
              {ticks.map((tick) => (
                <line
                  key={tick}
                  class={tick === 0 ? 'zero' : undefined}
                  x1="0"
                  x2="100%"
                  y1={round(y(tick))}
                  y2={round(y(tick))}
                />
              ))}
              {children}
              <Names of={spans} />
            </svg>
          </div>
          <Numbers caption={caption} spans={spans} series={series} />
        </>
      )}
    </figure>
  );
}

/** Of the stretches that have room for theirs; the last one always has. */
function Names({ of }: { of: readonly Span[] }) {
  const { at, width } = bands(of.length);
  const every = Math.ceil(of.length / MOST_LABELS);
  return (
    <>
      {of.map(({ short }, span) => {
        const back = (of.length - 1 - span) / every;
        if (!Number.isInteger(back)) return null;
        const x = round(at(span) + width / 2);
        return (
          <text
            key={span}
            class={back % 2 === 1 ? 'minor' : undefined}
            x={`${x}%`}
            y={HEIGHT + BOTTOM - 5}
            text-anchor={x < 8 ? 'start' : x > 92 ? 'end' : 'middle'}
          >
            {short}
          </text>
        );
      })}
    </>
  );
}

function Legend({ of }: { of: readonly Series[] }) {
  const visitor = useVisitor();
  return (
    <ul class="legend">
      {of.map(({ name, tone, values }) => (
        <li key={name}>
          <span class={`swatch tone-${tone}`} aria-hidden="true" /> {name}{' '}
          <span class="number soft">
            {visitor.number(values.reduce((sum, value) => sum + Math.abs(value), 0))}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** The same to read, for whoever cannot or will not look. */
function Numbers({ caption, spans, series }: Pick<Chart, 'caption' | 'spans' | 'series'>) {
  const visitor = useVisitor();
  const { charts } = visitor.texts;
  return (
    <details>
      <summary>{charts.numbers}</summary>
      <Table
        label={`${caption}: ${charts.numbers}`}
        head={[charts.time, ...series.map(({ name }) => name)]}
      >
        {spans.map(({ long }, span) => (
          <tr key={long}>
            <td>{long}</td>
            {series.map(({ name, values }) => (
              <td key={name} class="number">
                {visitor.number(Math.abs(values[span] ?? 0))}
              </td>
            ))}
          </tr>
        ))}
      </Table>
    </details>
  );
}
