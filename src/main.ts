/** Starts the roles api, engine and mailer: all of them, or those of `--roles` / REKINDLE_ROLES. */
import { Command } from 'commander';
import { withFolders } from './app/commands/new-command.js';
import { serve } from './app/commands/start.js';
import { printFailure } from './app/print-failure.js';
import { VERSION } from './app/version.js';

serve(withFolders(new Command('main.js').version(VERSION)))
  .parseAsync()
  .catch((error: unknown) => {
    printFailure(error);
    process.exit(1);
  });
