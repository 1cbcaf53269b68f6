/**
 * Processes that are killed while they work. In: how to start one, and how many there shall be. Each kill is a
 * SIGKILL of a random one, and another takes its place at once.
 */
import type { Running } from './processes.js';

export class Fleet {
  private readonly members: Running[];
  kills = 0;

  constructor(
    private readonly start: () => Running,
    size: number,
    private readonly random: () => number,
  ) {
    this.members = Array.from({ length: size }, () => start());
  }

  /** Kills one of them with -9 and starts another. */
  async killOne(): Promise<void> {
    const at = Math.floor(this.random() * this.members.length);
    const victim = this.members[at]!;
    victim.kill('SIGKILL');
    await victim.ended;
    this.kills += 1;
    this.members[at] = this.start();
  }

  /** Stops all of them, orderly, once each has said that it runs; their exit codes. */
  stop(running: RegExp): Promise<(number | NodeJS.Signals)[]> {
    return Promise.all(
      this.members.map(async (member) => {
        await member.line(running);
        member.kill('SIGTERM');
        return member.ended;
      }),
    );
  }
}

/** Repeatable randomness in [0, 1) (mulberry32): a failing run can be run again. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** `count` increasing whole numbers within [from, to). */
export function randomMoments(
  random: () => number,
  count: number,
  from: number,
  to: number,
): number[] {
  return Array.from({ length: count }, () => Math.floor(from + random() * (to - from))).sort(
    (a, b) => a - b,
  );
}
