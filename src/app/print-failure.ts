/** The process edge: an error becomes a line for the person, or a stack for us. */
import { OperationalError, UsageError } from '../core/errors.js';

/** Prints to stderr: expected failures without a stack, with their causes' messages; bugs in full. */
export function printFailure(error: unknown): void {
  if (error instanceof UsageError || error instanceof OperationalError) {
    process.stderr.write(`rekindle: ${error.message}\n`);
    return;
  }
  process.stderr.write(
    `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
}
