/**
 * Wake-ups: "there is work in this lane", nothing more (design.md 1). Losing one costs time, never work;
 * the sweeper of the lane finds what is due. Implemented by app/ on BullMQ; a simulation needs none.
 */
export const LANES = ['engine', 'delivery'] as const;
export type Lane = (typeof LANES)[number];

export interface WakeUps {
  /** Returns at once; failures are logged, not thrown, because the sweeper makes up for them. */
  wake(lane: Lane): void;
}

export interface WakeUpSource {
  /**
   * Calls `handler` for wake-ups of `lane`, never twice at once in this process. One call may stand for
   * any number of wake-ups; after the last of them at least one call begins, in some process that
   * listens. What the handler throws is logged. At most one handler a lane and process.
   */
  onWake(lane: Lane, handler: () => Promise<void>): void;
}
