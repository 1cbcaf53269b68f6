/**
 * Wake-ups: "there is work in this lane", nothing more (design.md 1). Losing one costs time, never work;
 * the sweeper of the lane finds what is due. Implemented by app/ on BullMQ; a simulation needs none.
 */
export type Lane = 'engine' | 'delivery';

export interface WakeUps {
  /** Returns at once; failures are logged, not thrown, because the sweeper makes up for them. */
  wake(lane: Lane): void;
}
