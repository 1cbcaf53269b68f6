/** Shares: `10%`, `33.33%`; as whole numbers of the finest share there is, so that shares add up exactly. */
import type { Reading } from '../reading.js';
import type { Node } from '../syntax/nodes.js';

/** Percent, more than 0 and at most `most`, with so many decimals at most: with two 12.5 % is 1250. */
export function readShare(
  reading: Reading,
  node: Node,
  what: string,
  { decimals = 2, most = 100 }: { decimals?: number; most?: number } = {},
): number | undefined {
  const text = reading.asText(node, what);
  if (!text) return undefined;
  const [, whole, fraction = ''] = /^(\d{1,3})(?:\.(\d+))?%$/.exec(text.text) ?? [];
  const fine = whole !== undefined && fraction.length <= decimals;
  const share = fine ? Number(whole + fraction.padEnd(decimals, '0')) : NaN;
  if (share > 0 && share <= most * 10 ** decimals) return share;
  return reading.error(
    'RK213',
    text,
    `${what} is a share, not \`${text.text}\``,
    shareHelp(text.text, decimals, most),
  );
}

function shareHelp(text: string, decimals: number, most: number): string {
  const found = /^(\d{1,9}(?:\.\d{1,9})?)\s*(%|percent)?$/.exec(text);
  const written = found ? Number(found[1]) : NaN;
  // 0.5 without a sign is a half, as other tools write it.
  const percent = found && found[2] === undefined && written < 1 ? written * 100 : written;
  const fine = Number(percent.toFixed(decimals));
  if (fine > 0 && fine <= most) return `write ${fine}%`;
  return `more than 0% and at most ${most}%, with ${decimals === 2 ? 'two' : 'four'} decimals at most`;
}
