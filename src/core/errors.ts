/**
 * Operational failures (design.md, Errors 3): the world did not do what we asked. They carry whether a
 * retry can help and always keep their cause. Bugs are plain `Error`s; expected refusals are values.
 */
export class OperationalError extends Error {
  constructor(
    message: string,
    readonly kind: 'transient' | 'permanent',
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'OperationalError';
  }
}

/** The person at the command line or the environment asked for something impossible; printed without a stack. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}
