/** What `rekindle demo` prints: a line per campaign with what was sent and, by reason, what was not. */
import type { CampaignFigures } from '../../simulation/campaign-figures.sql.js';
import { align } from './align.js';

const HEAD = ['campaign', 'entered', 'sent per step', 'not sent', 'exited', 'converted'];

/** The table, without a newline at its end. */
export function describeCampaigns(campaigns: Readonly<Record<string, CampaignFigures>>): string {
  const rows = Object.entries(campaigns).map(([id, figures]) => [
    id,
    String(figures.entered),
    listed(Object.entries(figures.steps).map(([step, { sent }]) => [step, sent])),
    listed(Object.entries(skippedByReason(figures))),
    String(sum(figures.exited.before)),
    String(figures.converted),
  ]);
  return align([HEAD, ...rows]);
}

function skippedByReason({ steps }: CampaignFigures): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { skipped = {} } of Object.values(steps))
    for (const [reason, count] of Object.entries(skipped))
      counts[reason] = (counts[reason] ?? 0) + count;
  return counts;
}

/** `offer 12, reminder 3`; a dash for nothing. */
function listed(counts: [string, number][]): string {
  return counts.map(([name, count]) => `${name} ${count}`).join(', ') || '-';
}

function sum(counts: Record<string, number>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
