/**
 * What the composition root (app/) provides to every Nest module by name. Tokens only: no Nest here, so
 * that a stage's module can inject without importing app/.
 */

/** The pg pool of the workspace: a `ConnectionSource`. */
export const CONNECTIONS = Symbol('CONNECTIONS');

/** TypeORM's `DataSource` over the same pool, for entities (off the hot paths). */
export const DATA_SOURCE = Symbol('DATA_SOURCE');

/** `WakeUps`: tells the engine and delivery lanes that there is work. */
export const WAKE_UPS = Symbol('WAKE_UPS');

/** `WakeUpSource`: be told that there is work in a lane. */
export const WAKE_UP_SOURCE = Symbol('WAKE_UP_SOURCE');

/** Business time: a `Clock`. */
export const CLOCK = Symbol('CLOCK');

/** `Environment` (core/environment.ts), parsed once at start. */
export const ENVIRONMENT = Symbol('ENVIRONMENT');

/** How a command of ours is run in a process of its own: `OwnCommand`. */
export const OWN_COMMAND = Symbol('OWN_COMMAND');

export interface OwnCommand {
  file: string;
  /** Before the command and its arguments. */
  args: readonly string[];
  /** So that it opens the same workspace. */
  env: Record<string, string | undefined>;
}
