/**
 * Messages, stage 4: what the gates saw, in their own closed words. In: the looks that `decideMessage` and delivery take.
 * Out: a few words a message, stored with it (`messages.gates`), from which every page tells which gate let it pass and
 * why. A new gate is one more entry here, with its numbers instead of a word where it has any. Pure.
 */
import type { Instant } from '../core/instant.js';

/** In the order in which they are asked; the first that refuses ends the look. */
export const GATES = ['exit', 'address', 'suppression', 'topic', 'pause'] as const;
export type Gate = (typeof GATES)[number];

/** What each gate saw; one that was not asked is missing. */
export interface GatesSeen {
  /** The enrolment, at hand-over only; `gone`: it or its profile was erased. */
  exit?: 'active' | 'completed' | 'exited' | 'converted' | 'gone';
  /** The profile's `email`. */
  address?: 'one' | 'missing' | 'not_one';
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
}

/** As the row keeps it; a look that was not taken (yet) is missing. */
export interface StoredGates {
  decision?: GatesSeen;
  handover?: GatesSeen & { at: Instant };
}

const PASSING: Readonly<Record<Gate, readonly string[]>> = {
  exit: ['active', 'completed'],
  address: ['one'],
  suppression: ['none'],
  topic: ['transactional', 'said_yes', 'by_default'],
  pause: ['transactional', 'none'],
};

export interface GateLook {
  gate: Gate;
  saw: string;
  passed: boolean;
}

/** A look gate by gate, in order. */
export function listGates(seen: GatesSeen): GateLook[] {
  return GATES.flatMap((gate) => {
    const saw = seen[gate];
    return saw === undefined ? [] : [{ gate, saw, passed: PASSING[gate].includes(saw) }];
  });
}
