/** Comments behind values: to YAML ` #` ends a text, wherever its author thought it goes on. */
import type { Reading } from '../reading.js';
import { quoted, shorten } from '../words.js';
import type { Span } from './nodes.js';

/** The comment behind a value that ends at `end`, with the space before it; null when there is none. */
export function commentAfter(text: string, end: number): string | null {
  const rest = text.slice(end, text.indexOf('\n', end) < 0 ? undefined : text.indexOf('\n', end));
  return /^[ \t]*#.*$/.exec(rest.trimEnd())?.[0] ?? null;
}

/** Warns that a text is shorter than it looks; `comment` is what follows it. */
export function warnOfCut(reading: Reading, at: Span, text: string, comment: string): void {
  reading.warn(
    'RK007',
    at,
    `the text ends at \`${text.slice(-30)}\`: what follows \` #\` is a comment`,
    `if it belongs to the text, write ${quoted(shorten(`${text}${comment}`, 200))}; else put the comment on a line of its own`,
  );
}
