#!/usr/bin/env node
/** `rekindle <command>`: each command registers itself from its own file in app/commands/. */
import { Command } from 'commander';
import { registerStart } from './app/commands/start.js';
import { printFailure } from './app/print-failure.js';

const program = new Command('rekindle').description(
  'Lifecycle messaging: segments and campaigns in YAML, decided once, sent once, explained.',
);
for (const register of [registerStart]) register(program);

program.parseAsync().catch((error: unknown) => {
  printFailure(error);
  process.exit(1);
});
