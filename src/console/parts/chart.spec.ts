import { h, type ComponentChild } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { Visitor, VisitorContext } from '../frame/visitor.js';
import { BarChart, SizeChart, type Series } from './chart.js';

const visitor = new Visitor({ session: null, language: 'en', now: 0, zone: 'UTC', project: null });
const render = (chart: ComponentChild): string =>
  renderToString(h(VisitorContext.Provider, { value: visitor }, chart));
const spans = (n: number) =>
  Array.from({ length: n }, (_, span) => ({ short: `s${span}`, long: `stretch ${span}` }));
const bars = (series: Series[], n: number): string =>
  render(h(BarChart, { id: 'c', caption: 'Mails', spans: spans(n), series }));
/** Of the bar of this tone and place. */
const barOf = (html: string, attribute: 'y' | 'height', tone: string, place = 0): number => {
  const bar = [
    ...html.matchAll(new RegExp(`<rect class="tone-${tone}"[^>]* ${attribute}="([\\d.]+)`, 'g')),
  ];
  return Number(bar[place]?.[1]);
};

test('bars stand on one another, as high as what they count', () => {
  const html = bars(
    [
      { name: 'sent', tone: 'good', values: [10, 0] },
      { name: 'failed', tone: 'bad', values: [5, 10] },
    ],
    2,
  );
  const good = barOf(html, 'height', 'good');
  expect(barOf(html, 'height', 'bad')).toBeCloseTo(good / 2, 1);
  expect(barOf(html, 'height', 'bad', 1)).toBeCloseTo(good, 1);
  const foot = barOf(html, 'y', 'bad') + barOf(html, 'height', 'bad');
  expect(foot).toBeCloseTo(barOf(html, 'y', 'good'), 1);
});

test('what is below zero hangs from the line and is read as its amount', () => {
  const html = bars(
    [
      { name: 'joined', tone: 'good', values: [4] },
      { name: 'left', tone: 'warn', values: [-4] },
    ],
    1,
  );
  const zero = barOf(html, 'y', 'good') + barOf(html, 'height', 'good');
  expect(barOf(html, 'y', 'warn')).toBeCloseTo(zero, 1);
  expect(html).toContain('<title>stretch 0: joined 4, left 4</title>');
  expect(html).not.toContain('-4');
});

test('every number can be read, and every stretch is named in the table', () => {
  const html = bars([{ name: 'sent', tone: 'good', values: [1_234, 0] }], 2);
  expect(html).toContain('<td>stretch 0</td><td class="number">1,234</td>');
  expect(html).toContain('<td>stretch 1</td><td class="number">0</td>');
});

test('no more names below the axis than fit, the last one among them', () => {
  const values = Array.from({ length: 90 }, () => 1);
  const html = bars([{ name: 'sent', tone: 'good', values }], 90);
  const named = [...html.matchAll(/<text[^>]*>(s\d+)<\/text>/g)].map(([, name]) => name);
  expect(named.length).toBeLessThanOrEqual(8);
  expect(named.at(-1)).toBe('s89');
});

test('counts have no fractions on the axis', () => {
  const html = bars([{ name: 'sent', tone: 'good', values: [1, 0] }], 2);
  const ticks = [...html.matchAll(/text-anchor="end">([\d.]+)<\/text>/g)].map(([, tick]) => tick);
  expect(ticks).toEqual(['0', '1']);
});

test('nothing is said to be nothing', () => {
  expect(bars([{ name: 'sent', tone: 'good', values: [0, 0] }], 2)).toContain(
    'Nothing in this time.',
  );
  expect(bars([], 2)).toContain('Nothing in this time.');
});

test('a size is a line over its area, from the left to the right', () => {
  const series: Series[] = [{ name: 'members', tone: 'good', values: [0, 10, 5] }];
  const html = render(h(SizeChart, { id: 'c', caption: 'Size', spans: spans(3), series }));
  const path = /<path class="edge" d="([^"]+)"/.exec(html)?.[1] ?? '';
  const [zero, ten, five] = [...path.matchAll(/,([\d.]+)/g)].map(([, y]) => Number(y));
  expect([zero, ten]).toEqual([160, 8]);
  expect(five).toBeCloseTo((160 + 8) / 2, 1);
});

test('hostile names are texts, and nothing is styled inline', () => {
  const html = bars([{ name: '<img src=x onerror=alert(1)>', tone: 'bad', values: [1] }], 1);
  expect(html).not.toContain('<img');
  expect(html).not.toMatch(/style=|<script/);
});
