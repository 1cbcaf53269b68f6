/** A progress bar on a terminal, nothing anywhere else. */
import { Presets, SingleBar } from 'cli-progress';

export interface Progress {
  /** How far it has come, in the unit of the total; `note` stands beside the bar. */
  update(value: number, note?: string): void;
  stop(): void;
}

/** Draws on stderr, so that results on stdout can be piped. */
export function startProgress(title: string, total: number): Progress {
  if (!process.stderr.isTTY || total <= 0)
    return { update: () => undefined, stop: () => undefined };
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
