/** `rekindle play-tests`: the tests of files that come as one line of JSON on stdin. A service begins it; no command for people. */
import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { playApart, type ToPlay } from '../../simulation/play-apart.js';
import { workspacesOf } from './backtest.js';
import { withWorkspace } from './new-command.js';

export function registerPlayTests(program: Command): void {
  program
    .command('play-tests', { hidden: true })
    .description('Play the tests of files given as JSON')
    .action(async () => {
      const lines = createInterface({ input: process.stdin });
      const { value } = (await lines[Symbol.asyncIterator]().next()) as { value: string };
      // Nothing more is said there: it ends when whoever began this ends.
      process.stdin.resume().once('end', () => process.exit(1));
      const played = await withWorkspace({}, (workspace) =>
        playApart(workspacesOf(workspace), JSON.parse(value) as ToPlay),
      );
      process.stdout.write(JSON.stringify(played), () => process.exit(0));
    });
}
