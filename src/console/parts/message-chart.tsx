/** Messages over time as a chart: one layer per state, what is on its way as one. */
import type { Instant } from '../../core/instant.js';
import type { MessageState } from '../../core/reasons.js';
import type { MessageSeries } from '../../delivery/message-series.sql.js';
import { useVisitor, type Visitor } from '../frame/visitor.js';
import { BarChart, type Span, type Tone } from './chart.js';

/** From the axis upwards; states that are one layer stand together. */
const LAYERS: readonly (readonly [name: string, tone: Tone, states: readonly MessageState[]])[] = [
  ['sent', 'good', ['sent']],
  ['pending', 'busy', ['pending', 'claimed', 'transmitting']],
  ['skipped', 'warn', ['skipped']],
  ['failed', 'bad', ['failed']],
  ['ambiguous', 'doubt', ['ambiguous']],
];

interface Messages {
  id: string;
  caption: string;
  of: MessageSeries;
  spans: readonly Span[];
}

export function MessageChart({ id, caption, of: { counts, lags, estimated }, spans }: Messages) {
  const visitor = useVisitor();
  const { charts, messages } = visitor.texts;
  const series = LAYERS.map(([name, tone, states]) => {
    const values = spans.map(() => 0);
    for (const { span, state, n } of counts)
      if (states.includes(state)) values[span] = values[span]! + n;
    return { name: visitor.word(name), tone, values };
  }).filter(({ values }) => values.some((n) => n > 0));
  const note = [lags && messages.approximate, estimated && charts.estimated].filter(Boolean);
  return (
    <BarChart
      id={id}
      caption={caption}
      note={note.length > 0 && note.join(' ')}
      spans={spans}
      series={series}
      named
    />
  );
}

/** Names of the hours between `bounds`. */
export function hourSpans(visitor: Visitor, bounds: readonly Instant[]): Span[] {
  return bounds.slice(0, -1).map((from) => {
    const [day, time] = visitor.time(from).split(' ');
    return { short: time!.slice(0, 5), long: `${day} ${time!.slice(0, 5)}` };
  });
}

/** Names of the days between `bounds`. */
export function daySpans(visitor: Visitor, bounds: readonly Instant[]): Span[] {
  return bounds.slice(0, -1).map((from) => ({
    short: visitor.day(from),
    long: visitor.time(from).slice(0, 10),
  }));
}
