/**
 * SIGINT and SIGTERM, told apart by what somebody means: to stop, and to stop at once. In: the two answers; out: an end to
 * the listening. One Ctrl-C can arrive several times: a terminal signals everybody in its foreground, and npm and
 * other supervisors pass on to us what they got themselves. So whatever follows the first within a moment is its echo.
 */

/** Echoes come within milliseconds; nobody is impatient as soon as this. */
const ECHO_MS = 1_000;

export interface StopAnswers {
  /** The first signal. */
  stop(signal: NodeJS.Signals): void;
  /** Any signal that comes later than the echoes of the first. */
  stopAtOnce(signal: NodeJS.Signals): void;
}

/** Listens until the returned function is called. While it listens signals do not end the process. */
export function onStopSignals(answers: StopAnswers): () => void {
  let first: number | null = null;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (first === null) {
      first = performance.now();
      answers.stop(signal);
    } else if (performance.now() - first >= ECHO_MS) {
      answers.stopAtOnce(signal);
    }
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return () => {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  };
}

/** What a shell expects of a process that a signal ended: the reason of an aborted `interrupt`, or the signal's name. */
export function interruptedCode(signal: unknown): 130 | 143 {
  return signal === 'SIGTERM' ? 143 : 130;
}
