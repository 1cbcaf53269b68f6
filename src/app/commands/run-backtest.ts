/** `rekindle run-backtest ID`: a queued backtest. The service of the role api begins it; no command for people. */
import type { Command } from 'commander';
import { DatabaseClock } from '../../core/clock.js';
import { runStoredBacktest } from '../../simulation/run-stored-backtest.js';
import { workspacesOf } from './backtest.js';
import { withWorkspace } from './new-command.js';

export function registerRunBacktest(program: Command): void {
  program
    .command('run-backtest <id>', { hidden: true })
    .description('Run a queued backtest')
    .action(async (id: string) => {
      const parent = new AbortController();
      // Nothing is ever said there: it ends when whoever began this ends.
      process.stdin.resume().once('close', () => parent.abort());
      await withWorkspace({}, (workspace) =>
        runStoredBacktest(workspacesOf(workspace), Number(id), {
          clock: new DatabaseClock(),
          signal: parent.signal,
        }),
      );
      process.stdin.destroy();
    });
}
