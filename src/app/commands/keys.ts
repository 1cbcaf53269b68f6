/** `rekindle keys create`: makes an API key and prints it, the only time that it is shown. */
import { InvalidArgumentError, type Command } from 'commander';
import { DatabaseClock } from '../../core/clock.js';
import { SCOPES, type Scope } from '../../ingest/api-key.entity.js';
import { createApiKey, KEY_NAME } from '../../ingest/api-keys.js';
import { newCommand, withWorkspace, type CommonOptions } from './new-command.js';

interface Options extends CommonOptions {
  name: string;
  scope: Scope[];
}

export function registerKeys(program: Command): void {
  const keys = program.command('keys').description('API keys');
  newCommand(keys, 'create', 'Make an API key and print it once')
    .option(
      '--name <name>',
      'what the key is for; keys of one name are one source of events',
      readName,
      'default',
    )
    .option('--scope <scope...>', SCOPES.join(', '), readScope, ['ingest'])
    .action(async (options: Options) => {
      const key = await withWorkspace(options, async ({ connections, dataSource }) => {
        const now = await new DatabaseClock().now(connections);
        return createApiKey(dataSource.manager, {
          name: options.name,
          scopes: options.scope,
          now,
        });
      });
      process.stdout.write(`${key}\n`);
    });
}

function readName(name: string): string {
  if (!KEY_NAME.test(name)) {
    throw new InvalidArgumentError('a name is 1 to 60 letters, digits, "_", "-" and "."');
  }
  return name;
}

/** Commander hands over one value at a time; the default goes with the first. */
const asked = new WeakSet<Scope[]>();

function readScope(scope: string, before: Scope[]): Scope[] {
  const known = SCOPES.find((one) => one === scope);
  if (!known) throw new InvalidArgumentError(`a scope is one of ${SCOPES.join(', ')}`);
  const scopes = asked.has(before) ? [...before, known] : [known];
  asked.add(scopes);
  return scopes;
}
