/**
 * Is the profile to blame for a failure, or the world? A pure look at an error. Only what data of a profile can bring
 * about sets it aside; definitions that cannot be loaded, a missing table, a cancelled statement or a server
 * that has become a standby fail for everybody, and would set everybody aside one by one.
 */
import { OperationalError } from '../core/errors.js';

/** SQLSTATE classes: data exception, integrity, program limit, raised by a trigger. */
const DATA_CLASSES = /^(22|23|54|P0)[0-9A-Z]{3}$/;
const SQLSTATE = /^[0-9A-Z]{5}$/;

export function blamesProfile(error: unknown): boolean {
  if (error instanceof OperationalError) return false;
  const { code, syscall } = (error ?? {}) as { code?: unknown; syscall?: unknown };
  if (typeof syscall === 'string') return false;
  // Without SQLSTATE it is code of ours that stumbled over what it was given.
  return typeof code !== 'string' || !SQLSTATE.test(code) || DATA_CLASSES.test(code);
}
