/** `rekindle start`: the same as `node dist/main.js`. */
import type { Command } from 'commander';
import { runUntilStopped } from '../run-until-stopped.js';
import { newCommand } from './new-command.js';

export function registerStart(program: Command): void {
  serve(newCommand(program, 'start', 'Serve: take events in, decide, send'));
}

/** Makes `command` the one that serves; main.ts is nothing else. */
export function serve(command: Command): Command {
  return command
    .option('--roles <roles>', 'api, engine, mailer; separated by commas (default: all)')
    .option('--port <port>', 'HTTP port (default: 3000)')
    .action(runUntilStopped);
}
