/**
 * Messages, stage 4: is there room for one more mail to this profile? In: the caps that are about it, the mails that went
 * to the profile or are reserved for it. Out: the cap that is nearest to full, and when there is room again. Pure. Skipped
 * and failed mails do not count, ambiguous ones do, transactional ones are not counted and pass (semantics.md, Campaigns).
 */
import { periodOf } from '../core/calendar.js';
import { NEVER, type Instant } from '../core/instant.js';
import type { CampaignDefinition, ProjectDefinition } from '../language/definitions.js';
import type { Cap } from '../language/gates/gate-shapes.js';
import { printCap } from '../language/gates/print-gates.js';

/** A cap and whose it is: the project's counts all marketing mail, a campaign's only its own. */
export interface CapRule {
  of: 'project' | 'campaign';
  cap: Cap;
}

/** A mail that counts: handed over at `at`, or reserved since then. */
export interface CountedMail {
  campaign: string;
  topic: string | null;
  at: Instant;
}

/** What a cap said, as it is stored: its numbers, and of one that is full when it is not any more (null = never). */
export interface CapSeen {
  of: 'project' | 'campaign';
  /** `at_most 3 within 7 days`. */
  rule: string;
  counted: number;
  at_most: number;
  free_at?: string | null;
}

export interface CapLook {
  seen: CapSeen;
  /** When there is room for one more by the mails of now; null: there is. */
  freeAt: Instant | null;
}

/** The caps that a mail of this topic must pass. */
export function capsOn(
  project: Pick<ProjectDefinition, 'caps'>,
  campaign: Pick<CampaignDefinition, 'caps'>,
  topic: string | null,
): CapRule[] {
  const rules = [
    ...(project.caps ?? []).map((cap): CapRule => ({ of: 'project', cap })),
    ...(campaign.caps ?? []).map((cap): CapRule => ({ of: 'campaign', cap })),
  ];
  return rules.filter(({ cap }) => cap.topic === null || cap.topic === topic);
}

/** Asks every cap; null when there is none. Of those that are full the one that stays so longest speaks. */
export function lookAtCaps(
  rules: readonly CapRule[],
  mails: readonly CountedMail[],
  { campaign, at, zone }: { campaign: string; at: Instant; zone: string },
): CapLook | null {
  let nearest: CapLook | null = null;
  for (const { of, cap } of rules) {
    const { since, until } = spanOf(cap, at, zone);
    const counted = mails
      .filter(
        (mail) =>
          (of === 'project' || mail.campaign === campaign) &&
          (cap.topic === null || cap.topic === mail.topic) &&
          mail.at >= since,
      )
      .map((mail) => mail.at)
      .toSorted((a, b) => a - b);
    const freeAt =
      counted.length < cap.atMost ? null : until(counted[counted.length - cap.atMost]!);
    const look = {
      seen: {
        of,
        rule: printCap(cap),
        counted: counted.length,
        at_most: cap.atMost,
        ...(freeAt === null
          ? {}
          : { free_at: freeAt === NEVER ? null : new Date(freeAt).toISOString() }),
      },
      freeAt,
    };
    if (nearest === null || isNearer(look, nearest)) nearest = look;
  }
  return nearest;
}

/** From which instant on mails count at `at`, and until when the one of an instant does. */
function spanOf(
  cap: Cap,
  at: Instant,
  zone: string,
): { since: Instant; until: (mail: Instant) => Instant } {
  switch (cap.kind) {
    // (at - ms, at]: a mail exactly that old is out.
    case 'within':
      return { since: at - cap.ms + 1, until: (mail) => mail + cap.ms };
    case 'each': {
      const { start, end } = periodOf(at, cap.unit, zone);
      return { since: start, until: () => end };
    }
    case 'ever':
      return { since: -Infinity, until: () => NEVER };
  }
}

function isNearer(a: CapLook, b: CapLook): boolean {
  if (a.freeAt !== null || b.freeAt !== null) return (a.freeAt ?? 0) > (b.freeAt ?? 0);
  return a.seen.at_most - a.seen.counted < b.seen.at_most - b.seen.counted;
}

/** How far back mails must be known for these caps to be asked at an instant: -Infinity = all of them. */
export function capsReach(rules: readonly Pick<CapRule, 'cap'>[], at: Instant): Instant {
  return Math.min(...rules.map(({ cap }) => reachOf(cap, at)));
}

/** Longer than any month, in any zone. */
const MONTH_MS = 33 * 86_400_000;

function reachOf(cap: Cap, at: Instant): Instant {
  if (cap.kind === 'within') return at - cap.ms;
  return cap.kind === 'each' ? at - MONTH_MS : -Infinity;
}
