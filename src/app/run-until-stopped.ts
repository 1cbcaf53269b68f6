/**
 * A process that serves until it is told to stop. The first SIGTERM or SIGINT drains, a second one ends
 * at once; an embedded server left behind that way is adopted by the next start.
 */
import type { Overrides } from './environment.js';
import { parseEnvironment } from './environment.js';
import { JsonLogger } from './logger.js';
import { printFailure } from './print-failure.js';
import { startApplication } from './start.js';

/** Starts the roles and returns when they are running; signals end the process from then on. */
export async function runUntilStopped(overrides: Overrides): Promise<void> {
  const logger = new JsonLogger();
  const running = startApplication(parseEnvironment(overrides), logger);
  let signals = 0;
  const onSignal = (signal: NodeJS.Signals): void => {
    signals += 1;
    logger.log({ message: signals > 1 ? 'ending at once' : 'stopping', signal }, 'Stop');
    if (signals > 1) process.exit(signal === 'SIGINT' ? 130 : 143);
    running
      .then((application) => application.stop())
      .then(() => process.exit(0))
      .catch((error: unknown) => {
        printFailure(error);
        process.exit(1);
      });
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  await running;
}
