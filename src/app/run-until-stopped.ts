/**
 * A process that serves until it is told to stop. The first SIGTERM or SIGINT drains, one more than a second later ends
 * at once; an embedded server left behind that way is adopted by the next start.
 */
import type { Overrides } from './environment.js';
import { parseEnvironment } from './environment.js';
import { JsonLogger } from './logger.js';
import { printFailure } from './print-failure.js';
import { interruptedCode, onStopSignals } from './stop-signals.js';

/** Starts the roles and returns when they are running; signals end the process from then on. */
export async function runUntilStopped(overrides: Overrides): Promise<void> {
  const logger = new JsonLogger();
  const environment = parseEnvironment(overrides);
  // The framework and every route take a second to load, which a command that does not serve need not wait for.
  const running = import('./start.js').then(({ startApplication }) =>
    startApplication(environment, logger),
  );
  onStopSignals({
    stop(signal) {
      logger.log({ message: 'stopping', signal }, 'Stop');
      running
        .then((application) => application.stop())
        .then(() => {
          logger.log({ message: 'stopped' }, 'Stop');
          process.exit(0);
        })
        .catch((error: unknown) => {
          printFailure(error);
          process.exit(1);
        });
    },
    stopAtOnce(signal) {
      logger.log({ message: 'ending at once', signal }, 'Stop');
      process.exit(interruptedCode(signal));
    },
  });
  await running;
}
