/** Delivery (stage 5): patience with an end. Pure but for the timer. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Whether `work` ends within `ms`; what it comes to is not looked at. */
export async function endsWithin(ms: number, work: Promise<unknown>): Promise<boolean> {
  const patience = new AbortController();
  const late = sleep(ms, false, { signal: patience.signal }).catch(() => false);
  const ended = work.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([ended, late]);
  } finally {
    patience.abort();
  }
}
