/**
 * Messages, stage 4: what the gates saw, in their own closed words. In: the looks that `decideMessage` and delivery take.
 * Out: a few words a message, stored with it (`messages.gates`), from which every page tells which gate let it pass and
 * why. A new gate is one more entry here, with its numbers instead of a word where it has any. Pure.
 */
import type { Instant } from '../core/instant.js';
import type { CapSeen } from './caps.js';
import type { WindowSeen } from './send-window.js';

/** In the order in which they are asked; the first that refuses ends the look. */
export const GATES = [
  'exit',
  'address',
  'notify_only',
  'suppression',
  'topic',
  'pause',
  'late',
  'window',
  'cap',
] as const;
export type Gate = (typeof GATES)[number];

/** What each gate saw; one that was not asked is missing. */
export interface GatesSeen {
  /** The enrolment, at hand-over only; `gone`: it or its profile was erased. */
  exit?: 'active' | 'completed' | 'exited' | 'converted' | 'gone';
  /** The profile's `email`; of a notice what `to:` names, `otherwise`: the trait held none. */
  address?: 'one' | 'missing' | 'not_one' | 'otherwise';
  /** Of a notice: whether the project lets it go there; `anyone`: it says nothing about it. */
  notify_only?: 'anyone' | 'named' | 'outside';
  /** `none`, else the reason of the suppression. */
  suppression?: string;
  topic?:
    | 'transactional'
    | 'said_yes'
    | 'by_default'
    | 'said_no'
    | 'said_no_to_all'
    | 'not_by_default'
    | 'unknown_topic';
  /** Whether the profile is left alone for a while. */
  pause?: 'transactional' | 'none' | 'paused';
  /** At hand-over only, of a message that can be late. */
  late?: 'in_time' | 'late';
  window?: WindowSeen;
  /** The cap that is nearest to full; marketing alone has any. */
  cap?: CapSeen;
}

/** The gates that a mail may wait for. */
export type HeldBy = Extract<Gate, 'late' | 'window' | 'cap'>;

/** As the row keeps it; a look that was not taken (yet) is missing. */
export interface StoredGates {
  decision?: GatesSeen;
  /** `held`: the gate that it waits for. */
  handover?: GatesSeen & { at: Instant; held?: HeldBy };
}

/** The words that let pass. */
const PASSING: Readonly<Record<Exclude<Gate, 'window' | 'cap'>, readonly string[]>> = {
  exit: ['active', 'completed'],
  address: ['one', 'otherwise'],
  notify_only: ['anyone', 'named'],
  suppression: ['none'],
  topic: ['transactional', 'said_yes', 'by_default'],
  pause: ['transactional', 'none'],
  late: ['in_time'],
};

export interface GateLook {
  gate: Gate;
  /** A word, or the numbers in one line. */
  saw: string;
  passed: boolean;
  /** What it counted, of a gate that counts. */
  cap?: CapSeen;
  /** Of a window: the hour, and when it opens. */
  window?: WindowSeen;
}

/** A look gate by gate, in order. */
export function listGates(seen: GatesSeen): GateLook[] {
  return GATES.flatMap((gate): GateLook[] => {
    if (gate === 'cap') return seen.cap ? [capLook(seen.cap)] : [];
    if (gate === 'window') return seen.window ? [windowLook(seen.window)] : [];
    const saw = seen[gate];
    return saw === undefined ? [] : [{ gate, saw, passed: PASSING[gate].includes(saw) }];
  });
}

function capLook(cap: CapSeen): GateLook {
  return { gate: 'cap', saw: printCapSeen(cap), passed: cap.counted < cap.at_most, cap };
}

function windowLook(window: WindowSeen): GateLook {
  const { local, rule, of, opens_at: opensAt } = window;
  const saw = `${local}, ${rule}, ${of}`;
  return { gate: 'window', saw, passed: opensAt === undefined, window };
}

/** `2 of at_most 3 within 7 days, project`. */
function printCapSeen({ counted, rule, of }: CapSeen): string {
  return `${counted} of ${rule}, ${of}`;
}
