/** Shards: the unit of concurrency of the engine. All facts of one profile live in one shard (design.md 4). */
export const SHARD_COUNT = 256;

/** The shard a new profile starts in. */
export function shardOf(profileId: number): number {
  return profileId % SHARD_COUNT;
}
