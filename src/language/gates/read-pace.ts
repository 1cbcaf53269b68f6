/** `pace: 5000 per hour`: how fast a campaign's mail goes out. */
import type { Pace } from './gate-shapes.js';
import type { Reading } from '../reading.js';
import type { Node } from '../syntax/nodes.js';

export function readPace(reading: Reading, node: Node): Pace | undefined {
  const text = reading.asText(node, '`pace:`');
  if (!text) return undefined;
  const found = /^([1-9]\d{0,8}) per (second|minute|hour|day)$/.exec(text.text);
  if (found) return { count: Number(found[1]), per: found[2] as Pace['per'] };
  return reading.error('RK444', text, `\`${text.text}\` is not a pace`, paceHelp(text.text));
}

function paceHelp(text: string): string {
  const found =
    /^(\d[\d.,_ ]*?)\s*(?:\/|per |an? |each |every )?\s*(s|m|h|d|second|minute|hour|day)s?$/i.exec(
      text,
    );
  const count = found?.[1]!.replaceAll(/[.,_ ]/g, '');
  const unit = { s: 'second', m: 'minute', h: 'hour', d: 'day' }[
    found?.[2]![0]!.toLowerCase() ?? ''
  ];
  return unit !== undefined && Number(count) > 0
    ? `write ${Number(count)} per ${unit}`
    : 'a whole number and a time: 5000 per hour (second, minute, hour, day)';
}
