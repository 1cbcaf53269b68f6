/** What says when mail may go out and how much of it, in the language's words. Pure. */
import { formatElapsed } from '../../core/duration.js';
import type { ProjectDefinition, Surge } from '../definitions.js';
import { printDays, printTime } from '../scalars/print-days.js';
import type { CampaignGates, Cap, IfCapped, IfLate, Pace, SendWindow } from './gate-shapes.js';

/** `at_most 3 within 7 days of offers`. */
export function printCap(cap: Cap): string {
  const span =
    cap.kind === 'within'
      ? `within ${formatElapsed(cap.ms)}`
      : cap.kind === 'each'
        ? `each ${cap.unit}`
        : 'ever';
  return `at_most ${cap.atMost} ${span}${cap.topic === null ? '' : ` of ${cap.topic}`}`;
}

/** `mon-fri 09:00-17:00`, `sat`. */
export function printWindow({ days, from, until }: SendWindow): string {
  const whole = until === null && from.hour === 0 && from.minute === 0;
  const end = until === null ? '24:00' : printTime(until);
  return `${printDays(days)}${whole ? '' : ` ${printTime(from)}-${end}`}`;
}

/** `5000 per hour`. */
export function printPace({ count, per }: Pace): string {
  return `${count} per ${per}`;
}

function capWords(cap: Cap): string {
  const span =
    cap.kind === 'within'
      ? `within: ${formatElapsed(cap.ms)}`
      : cap.kind === 'each'
        ? `each: ${cap.unit}`
        : 'ever: true';
  const topic = cap.topic === null ? '' : `, topic: ${cap.topic}`;
  return `{ at_most: ${cap.atMost}, ${span}${topic} }`;
}

function windowWords({ days, from, until, zone }: SendWindow): string {
  const end = until === null ? '' : `, until: ${printTime(until)}`;
  const open = printDays(days);
  const list = open.includes(',') ? `[${open}]` : open;
  return `{ days: ${list}, from: ${printTime(from)}${end}, zone: ${zone} }`;
}

type Gates = Required<Omit<CampaignGates, 'priority'>> & Required<Pick<ProjectDefinition, 'surge'>>;

const PRINTERS: { [K in keyof Gates]: (value: Gates[K]) => string } = {
  caps: (caps: Cap[]) => `[${caps.map(capWords).join(', ')}]`,
  ifCapped: (policy: IfCapped) =>
    policy.kind === 'skip' ? 'skip' : `{ wait_at_most: ${formatElapsed(policy.ms)} }`,
  sendWindow: windowWords,
  ifLate: ({ ms, then }: IfLate) => `{ by: ${formatElapsed(ms)}, then: ${then} }`,
  holdout: (share: number) => `${share / 100}%`,
  pace: printPace,
  surge: (surge: Surge) => ('count' in surge ? String(surge.count) : `${surge.share / 100}%`),
};

/** Whether something of a definition is one of these, by its key. */
export function isGate(key: string): key is keyof Gates {
  return Object.hasOwn(PRINTERS, key);
}

/** What stands at such a key, as a file has it. */
export function printGate<K extends keyof Gates>(key: K, value: Gates[K]): string {
  return PRINTERS[key](value);
}
