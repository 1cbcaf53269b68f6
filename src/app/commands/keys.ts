/**
 * `rekindle keys create | list | revoke`: makes an API key and prints it, the only time that it is shown; says which there
 * are; ends one. What is done is in the audit log.
 */
import { InvalidArgumentError, type Command } from 'commander';
import { DatabaseClock } from '../../core/clock.js';
import { UsageError } from '../../core/errors.js';
import { SCOPES, type Scope } from '../../ingest/api-key.entity.js';
import { KEY_NAME, listApiKeys, prefixOf, type ListedKey } from '../../ingest/api-keys.js';
import { makeKey, revokeKey, type KeyKeeper } from '../../ingest/manage-keys.js';
import type { Workspace } from '../workspace.js';
import { align } from './align.js';
import { isoTime } from './iso-time.js';
import { newCommand, withWorkspace, type CommonOptions } from './new-command.js';

interface CreateOptions extends CommonOptions {
  name: string;
  scope: Scope[];
}

interface ListOptions extends CommonOptions {
  json?: true;
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
    .action(async ({ name, scope, ...options }: CreateOptions) => {
      const key = await withWorkspace(options, (workspace) =>
        makeKey(keeperOf(workspace), { name, scopes: scope }),
      );
      process.stdout.write(`${key}\n`);
    });
  newCommand(keys, 'list', 'Say which keys there are, revoked ones too; never their secrets')
    .option('--json', 'print them as JSON')
    .action(async ({ json, ...options }: ListOptions) => {
      const listed = await withWorkspace(options, ({ dataSource }) =>
        listApiKeys(dataSource.manager),
      );
      process.stdout.write(`${json ? JSON.stringify(listed.map(show)) : describe(listed)}\n`);
    });
  newCommand(keys, 'revoke', 'End a key; every process refuses it within ten seconds')
    .argument('<prefix>', 'as `keys list` shows it, or how the key begins: rk_PREFIX', readPrefix)
    .action(async (prefix: string, options: CommonOptions) => {
      await withWorkspace(options, async (workspace) => {
        if (!(await revokeKey(keeperOf(workspace), prefix)))
          throw new UsageError(
            `no live key begins with rk_${prefix}; keys list says which there are`,
          );
      });
      process.stdout.write(`rk_${prefix} is revoked\n`);
    });
}

function keeperOf({ dataSource }: Workspace): KeyKeeper {
  return { dataSource, clock: new DatabaseClock(), by: 'command' };
}

function show({ name, prefix, scopes, createdAt, lastUsedAt, revokedAt }: ListedKey) {
  return {
    name,
    prefix,
    scopes,
    createdAt: isoTime(createdAt),
    lastUsedAt: isoTime(lastUsedAt),
    revokedAt: isoTime(revokedAt),
  };
}

const HEAD = ['name', 'prefix', 'scopes', 'created', 'last used', 'revoked'];

function describe(keys: readonly ListedKey[]): string {
  if (keys.length === 0) return 'there is no key; keys create makes one';
  const rows = keys
    .map(show)
    .map(({ name, prefix, scopes, createdAt, lastUsedAt, revokedAt }) => [
      name,
      prefix,
      scopes.join(' '),
      createdAt!,
      lastUsedAt ?? '-',
      revokedAt ?? '-',
    ]);
  return align([HEAD, ...rows]);
}

function readName(name: string): string {
  if (!KEY_NAME.test(name)) {
    throw new InvalidArgumentError('a name is 1 to 60 letters, digits, "_", "-" and "."');
  }
  return name;
}

function readPrefix(text: string): string {
  const prefix = prefixOf(text);
  if (prefix === null)
    throw new InvalidArgumentError('a prefix is 12 of 0-9 and a-f, as in rk_0123456789ab');
  return prefix;
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
