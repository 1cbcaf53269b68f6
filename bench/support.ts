/**
 * What the benches share: figures with their spread, each beside the raw limit measured in the same run,
 * printed as a table or (`--json`) as a list of `{name, unit, median, min, max, runs, raw, ratio}`.
 */
export interface Figure {
  name: string;
  unit: string;
  median: number;
  min: number;
  max: number;
  runs: number;
  /** The raw limit's median in the same run and unit; null where there is none. */
  raw: number | null;
  /** median / raw */
  ratio: number | null;
}

/** Folds the samples of one measurement into a figure. */
export function figure(
  name: string,
  unit: string,
  samples: readonly number[],
  raw: number | null = null,
): Figure {
  const median = medianOf(samples);
  return {
    name,
    unit,
    median: round(median),
    min: round(Math.min(...samples)),
    max: round(Math.max(...samples)),
    runs: samples.length,
    raw: raw === null ? null : round(raw),
    ratio: raw === null ? null : Number((median / raw).toFixed(3)),
  };
}

export function medianOf(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Prints figures on stdout, as JSON when the command line says `--json`. */
export function printFigures(
  figures: readonly Figure[],
  argv: readonly string[] = process.argv,
): void {
  const text = argv.includes('--json') ? JSON.stringify(figures) : table(figures);
  process.stdout.write(`${text}\n`);
}

const HEADER = ['name', 'median', 'min - max', 'runs', 'raw', 'ratio'];

function table(figures: readonly Figure[]): string {
  const rows = figures.map(({ name, unit, median, min, max, runs, raw, ratio }) => [
    name,
    `${median} ${unit}`,
    `${min} - ${max}`,
    `${runs}`,
    `${raw ?? ''}`,
    `${ratio ?? ''}`,
  ]);
  const all = [HEADER, ...rows];
  const widths = rows
    .concat([HEADER])
    .reduce(
      (most, row) => row.map((cell, i) => Math.max(cell.length, most.at(i) ?? 0)),
      [] as number[],
    );
  return all
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths.at(i) ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function round(value: number): number {
  return value >= 100 ? Math.round(value) : Number(value.toFixed(2));
}
