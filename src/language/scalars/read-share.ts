/** Shares: `10%`, `33.33%`; hundredths of a percent are as fine as it gets, so that shares add up exactly. */
import type { Reading } from '../reading.js';
import type { Node } from '../syntax/nodes.js';

/** Percent, more than 0 and at most 100, in hundredths: 12.5 % is 1250. */
export function readShare(reading: Reading, node: Node, what: string): number | undefined {
  const text = reading.asText(node, what);
  if (!text) return undefined;
  const found = /^(\d{1,3})(?:\.(\d{1,2}))?%$/.exec(text.text);
  const share = found ? Number(found[1]) * 100 + Number((found[2] ?? '').padEnd(2, '0')) : NaN;
  if (share > 0 && share <= 10_000) return share;
  return reading.error(
    'RK213',
    text,
    `${what} is a share, not \`${text.text}\``,
    shareHelp(text.text),
  );
}

function shareHelp(text: string): string {
  const found = /^(\d{1,9}(?:\.\d{1,9})?)\s*(%|percent)?$/.exec(text);
  const written = found ? Number(found[1]) : NaN;
  // 0.5 without a sign is a half, as other tools write it.
  const percent = found && found[2] === undefined && written < 1 ? written * 100 : written;
  const fine = Math.round(percent * 100) / 100;
  if (fine > 0 && fine <= 100) return `write ${fine}%`;
  return 'more than 0% and at most 100%, with two decimals at most';
}
