/**
 * Characters that turn the direction of what follows (U+202A-202E, U+2066-2069), in any file: on the screen of whoever reviews it, and
 * of whoever gets the mail, the text is another than the one that stands there. Told of once a file; what is known as wrong is not.
 */
import type { Range } from '../../core/diagnostic.js';
import type { Reading } from '../reading.js';

const TURNING = /[\u202a-\u202e\u2066-\u2069]/g;

export function checkTurningCharacters(reading: Reading): void {
  // Where a plain character is meant it is an error already.
  const told = new Set(
    reading.diagnostics.flatMap(({ code, range }) => (code === 'RK013' ? placeOf(range) : [])),
  );
  const found = [...reading.file.text.matchAll(TURNING)]
    .map(({ index, 0: character }) => ({ at: { start: index, end: index + 1 }, character }))
    .filter(({ at }) => !told.has(placeOf(reading.lines.range(at))));
  const [first] = found;
  if (!first) return;
  const code = `U+${first.character.codePointAt(0)!.toString(16).toUpperCase()}`;
  const others = found.length - 1;
  reading.warn(
    'RK014',
    first.at,
    `a character that turns the direction of the text (${code}) stands here${others > 0 ? `, and ${others} more in this file` : ''}`,
    `delete it: Hebrew and Arabic need none, the letters say their direction${visibly(reading, code.slice(2))}`,
  );
}

/** How to write it so that others see it, in a file that has a way to. */
function visibly({ file: { kind } }: Reading, code: string): string {
  if (kind === 'text') return '';
  const isMail = kind === 'template' || kind === 'layout' || kind === 'partial';
  const written = isMail
    ? `&#x${code}; in the body`
    : `"\\u${code.toLowerCase()}" in double quotes`;
  return `; where it is meant, write what others can see, ${written}`;
}

function placeOf({ start }: Range): string {
  return `${start.line}:${start.column}`;
}
