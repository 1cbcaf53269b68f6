/** A progress bar on a terminal, anywhere else a line every ten seconds. */
import { Presets, SingleBar } from 'cli-progress';

/** Between two lines where there is no terminal. */
const LINE_MS = 10_000;

export interface Progress {
  /** How far it has come, in the unit of the total; `note` stands beside the bar. */
  update(value: number, note?: string): void;
  stop(): void;
}

/** Draws on stderr, so that results on stdout can be piped. */
export function startProgress(title: string, total: number): Progress {
  if (total <= 0) return { update: () => undefined, stop: () => undefined };
  if (!process.stderr.isTTY) return progressLines(title, total);
  const bar = new SingleBar(
    {
      format: `${title} {bar} {percentage}% {note}`,
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
    },
    Presets.shades_classic,
  );
  bar.start(total, 0, { note: '' });
  return {
    update: (value, note) => bar.update(Math.min(value, total), note === undefined ? {} : { note }),
    stop: () => bar.stop(),
  };
}

/** `stopwatch`: milliseconds, monotonic. */
export function progressLines(
  title: string,
  total: number,
  write: (line: string) => void = (line) => process.stderr.write(line),
  stopwatch: () => number = () => performance.now(),
): Progress {
  let silentUntil = stopwatch() + LINE_MS;
  return {
    update(value, note = '') {
      if (stopwatch() < silentUntil) return;
      silentUntil = stopwatch() + LINE_MS;
      const percent = Math.floor((100 * Math.min(value, total)) / total);
      write(`rekindle: ${title}: ${percent} % ${note}`.trimEnd() + '\n');
    },
    stop: () => undefined,
  };
}
