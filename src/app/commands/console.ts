/**
 * `rekindle console add-person | set-password | list | set-role | remove`: who may log in to the console, all of it in the audit log. A password comes from standard input
 * when something is piped in, else a random one is made and printed, once.
 */
import { text } from 'node:stream/consumers';
import { Argument, InvalidArgumentError, Option, type Command } from 'commander';
import { recordAction, type Action } from '../../core/audit.js';
import { DatabaseClock } from '../../core/clock.js';
import { UsageError } from '../../core/errors.js';
import { hashPassword, PASSWORD_LENGTH, randomPassword } from '../../console/door/password.js';
import {
  addPerson,
  changePerson,
  CONSOLE_ROLES,
  listPeople,
  PERSON_NAME,
  setPassword,
  type ConsoleRole,
  type ListedPerson,
} from '../../console/door/people.sql.js';
import type { Instant } from '../../core/instant.js';
import type { Queryable } from '../../core/queryable.js';
import { inTransaction } from '../../core/transaction.js';
import { align } from './align.js';
import { isoTime } from './iso-time.js';
import { newCommand, withWorkspace, type CommonOptions } from './new-command.js';

const NAME_RULE = '1 to 60 letters, digits, "_", "-" and "."';

export function registerConsole(program: Command): void {
  const people = program.command('console').description('Who may log in to the console');
  newCommand(people, 'add-person', 'Add somebody; a password is read from a pipe, or printed once')
    .argument('<name>', NAME_RULE, readName)
    .addOption(
      new Option('--role <role>', 'what they may do').choices(CONSOLE_ROLES).default('viewer'),
    )
    .action(async (name: string, options: CommonOptions & { role: ConsoleRole }) => {
      const { role } = options;
      await withPassword(options, async (sql, password, now) => {
        if (!(await addPerson(sql, { name, password, role, now })))
          throw new UsageError(`there is a ${name} already; set-password gives a new password`);
        await recordAction(sql, {
          ...byCommand(name, now),
          action: 'person.add',
          detail: { role },
        });
      });
    });
  newCommand(people, 'set-password', 'Give somebody a new password and end their sessions')
    .argument('<name>', NAME_RULE, readName)
    .action(async (name: string, options: CommonOptions) => {
      await withPassword(options, async (sql, password, now) => {
        if (!(await setPassword(sql, { name, password })))
          throw new UsageError(`there is no ${name}; add-person adds one`);
        await recordAction(sql, { ...byCommand(name, now), action: 'person.set_password' });
      });
    });
  newCommand(people, 'list', 'Say who may log in, as what, and who is logged in')
    .option('--json', 'print them as JSON')
    .action(async ({ json, ...options }: CommonOptions & { json?: true }) => {
      const listed = await withWorkspace(options, ({ connections }) => listPeople(connections));
      process.stdout.write(`${json ? JSON.stringify(listed.map(show)) : describe(listed)}\n`);
    });
  newCommand(people, 'set-role', 'Give somebody another role and end their sessions')
    .argument('<name>', NAME_RULE, readName)
    .addArgument(new Argument('<role>', 'what they may do').choices(CONSOLE_ROLES))
    .action(async (name: string, role: ConsoleRole, options: CommonOptions) => {
      await change(options, name, role);
      process.stdout.write(`${name} is ${role}\n`);
    });
  newCommand(people, 'remove', 'Let somebody log in no more, and end their sessions')
    .argument('<name>', NAME_RULE, readName)
    .action(async (name: string, options: CommonOptions) => {
      await change(options, name, null);
      process.stdout.write(`${name} is removed\n`);
    });
}

/** Another role, or none any more. */
async function change(
  options: CommonOptions,
  name: string,
  role: ConsoleRole | null,
): Promise<void> {
  await withWorkspace(options, ({ connections }) =>
    inTransaction(connections, async (sql) => {
      const changed = await changePerson(sql, name, role);
      if (changed === 'unknown')
        throw new UsageError(`there is no ${name}; console list says who there is`);
      if (changed === 'last')
        throw new UsageError(`${name} is the last admin; make somebody else admin first`);
      await recordAction(sql, {
        ...byCommand(name, await new DatabaseClock().now(sql)),
        action: role === null ? 'person.remove' : 'person.set_role',
        detail: { ...changed, ...(role === null ? {} : { role }) },
      });
    }),
  );
}

function show({ createdAt, seenAt, ...person }: ListedPerson) {
  return { ...person, createdAt: isoTime(createdAt), seenAt: isoTime(seenAt) };
}

function describe(people: readonly ListedPerson[]): string {
  if (people.length === 0) return 'there is nobody; console add-person adds somebody';
  const rows = people
    .map(show)
    .map(({ name, role, createdAt, sessions, seenAt }) => [
      name,
      role,
      createdAt!,
      String(sessions),
      seenAt ?? '-',
    ]);
  return align([['name', 'role', 'added', 'sessions', 'last seen'], ...rows]);
}

function byCommand(name: string, at: Instant): Pick<Action, 'at' | 'actor' | 'subject'> {
  return { at, actor: 'command', subject: `person/${name}` };
}

/** Hands the hashed password to `store`; a password that was made here is printed once it is stored. */
async function withPassword(
  options: CommonOptions,
  store: (sql: Queryable, hashed: string, now: Instant) => Promise<void>,
): Promise<void> {
  const given = await readPassword();
  const password = given ?? randomPassword();
  const hashed = await hashPassword(password);
  await withWorkspace(options, ({ connections }) =>
    inTransaction(connections, async (sql) =>
      store(sql, hashed, await new DatabaseClock().now(sql)),
    ),
  );
  if (given === null) process.stdout.write(`${password}\n`);
}

/** The first line of what is piped in; null at a terminal and without one. */
async function readPassword(): Promise<string | null> {
  if (process.stdin.isTTY) return null;
  const [line] = (await text(process.stdin)).split(/\r?\n/, 1);
  if (!line) return null;
  const { least, most } = PASSWORD_LENGTH;
  if (line.length < least || line.length > most)
    throw new UsageError(`a password has ${least} to ${most} characters`);
  return line;
}

function readName(name: string): string {
  if (!PERSON_NAME.test(name)) throw new InvalidArgumentError(`a name is ${NAME_RULE}`);
  return name;
}
