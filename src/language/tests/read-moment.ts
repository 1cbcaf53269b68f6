/** A day or a minute of a test, `2026-01-05 10:00`: in the profile's zone unless it has an offset. */
import type { Reading } from '../reading.js';
import { parseMoment, type Moment } from '../scalars/read-time.js';
import type { Node } from '../syntax/nodes.js';

export function readMoment(reading: Reading, node: Node): Moment | undefined {
  const text = reading.asText(node, 'a time');
  if (!text) return undefined;
  return (
    parseMoment(text.text) ??
    reading.error(
      'RK205',
      text,
      `\`${text.text}\` is not a date`,
      'a day or a minute: 2026-01-05, 2026-01-05 10:00',
    )
  );
}
