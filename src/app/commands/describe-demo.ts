/** What `rekindle demo` and `backtest --all` print: a line per campaign with what was sent and, by reason, what was not. */
import { skippedByReason, type CampaignFigures } from '../../simulation/campaign-figures.sql.js';
import { align } from './align.js';

const HEAD = ['campaign', 'entered', 'sent per step', 'not sent', 'exited', 'converted'];

/** The table, without a newline at its end; notices and calls have columns if some campaign has them. */
export function describeCampaigns(campaigns: Readonly<Record<string, CampaignFigures>>): string {
  const all = Object.entries(campaigns);
  const others = (['notices', 'calls'] as const).filter((kind) =>
    all.some(([, figures]) => figures[kind]),
  );
  const rows = all.map(([id, figures]) => [
    id,
    String(figures.entered),
    perStep(figures.steps),
    listed(Object.entries(skippedByReason(figures.steps))),
    String(sum(figures.exited.before)),
    String(figures.converted),
    ...others.map((kind) => perStep(figures[kind] ?? {})),
  ]);
  return align([[...HEAD, ...others], ...rows]);
}

function perStep(steps: CampaignFigures['steps']): string {
  return listed(Object.entries(steps).map(([step, { sent }]) => [step, sent]));
}

/** `offer 12, reminder 3`; a dash for nothing. */
function listed(counts: [string, number][]): string {
  return counts.map(([name, count]) => `${name} ${count}`).join(', ') || '-';
}

function sum(counts: Record<string, number>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
