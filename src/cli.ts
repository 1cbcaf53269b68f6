#!/usr/bin/env node
/** `rekindle <command>`: each command registers itself from its own file in app/commands/. */
import { Command } from 'commander';
import { registerApply } from './app/commands/apply.js';
import { registerBacktest } from './app/commands/backtest.js';
import { registerConsole } from './app/commands/console.js';
import { registerDemo } from './app/commands/demo.js';
import { registerDoctor } from './app/commands/doctor.js';
import { registerExplain } from './app/commands/explain.js';
import { registerImport } from './app/commands/import.js';
import { registerKeys } from './app/commands/keys.js';
import { registerMigrate } from './app/commands/migrate.js';
import { registerNew } from './app/commands/new.js';
import { registerPlan } from './app/commands/plan.js';
import { registerRestored } from './app/commands/restored.js';
import { registerPlayTests } from './app/commands/play-tests.js';
import { registerPreview } from './app/commands/preview.js';
import { registerRollback } from './app/commands/rollback.js';
import { registerRunBacktest } from './app/commands/run-backtest.js';
import { registerSchema } from './app/commands/schema.js';
import { registerSendTest } from './app/commands/send-test.js';
import { registerStart } from './app/commands/start.js';
import { registerTest } from './app/commands/test.js';
import { registerValidate } from './app/commands/validate.js';
import { printFailure } from './app/print-failure.js';
import { VERSION } from './app/version.js';

const program = new Command('rekindle')
  .description(
    'Lifecycle messaging: segments and campaigns in YAML, decided once, sent once, explained.',
  )
  .version(VERSION);
for (const register of [
  registerNew,
  registerValidate,
  registerSchema,
  registerTest,
  registerPlan,
  registerApply,
  registerRollback,
  registerMigrate,
  registerExplain,
  registerPreview,
  registerSendTest,
  registerImport,
  registerBacktest,
  registerDemo,
  registerDoctor,
  registerKeys,
  registerConsole,
  registerRestored,
  registerRunBacktest,
  registerPlayTests,
  registerStart,
]) {
  register(program);
}

program.parseAsync().catch((error: unknown) => {
  printFailure(error);
  process.exit(1);
});
