/**
 * `rekindle send-test TEMPLATE --profile --to`: a template, of the folder or live, as one person would get it, as a real mail to
 * whoever writes it. A running mailer sends it; the command waits for what the mail server says.
 */
import { setTimeout as after } from 'node:timers/promises';
import type { Command } from 'commander';
import { Option } from 'commander';
import { DatabaseClock } from '../../core/clock.js';
import type { Environment } from '../../core/environment.js';
import { UsageError } from '../../core/errors.js';
import { parseAddress } from '../../core/parse-address.js';
import type { Queryable } from '../../core/queryable.js';
import { inTransaction } from '../../core/transaction.js';
import type { Draft } from '../../delivery/draft-template.js';
import { loadTest, type MessageCopy } from '../../delivery/message-copies.sql.js';
import { askForTest } from '../../delivery/test-mails.js';
import { TemplateCache } from '../../messages/compile-template.js';
import type { Workspace } from '../workspace.js';
import { userName } from './apply.js';
import { findNamedProfile, PROFILE_KINDS, type ProfileKind } from './find-named-profile.js';
import { liveOption, templateToShow } from './folder-template.js';
import { newCommand, withWorkspace, type CommonOptions } from './new-command.js';
import { asDraft, explainUnknown, readEntry } from './preview.js';

interface Options extends CommonOptions {
  profile: string;
  kind: ProfileKind;
  to: string;
  live?: true;
  campaign?: string;
  locale?: string;
  entry?: string;
}

/** A mailer looks at least every second; the mail server may think. */
const PATIENCE_MS = 30_000;
const LOOK_MS = 250;

export function registerSendTest(program: Command): void {
  newCommand(
    program,
    'send-test <template>',
    'One real mail to yourself: a template as one person would get it',
  )
    .requiredOption('--profile <id>', 'whose data it shows; this person gets nothing')
    .addOption(
      new Option('--kind <kind>', 'what --profile is').choices(PROFILE_KINDS).default('user'),
    )
    .requiredOption('--to <address>', 'your own address')
    .addOption(liveOption())
    .option('--campaign <id>', 'as this campaign sends it; default: one that does')
    .option('--entry <json>', 'the data that the enrolment began with, as a JSON object')
    .option('--locale <locale>', "instead of the profile's own")
    .action(async (template: string, options: Options) => {
      const shown = await templateToShow(template, options, options.campaign ?? null);
      const test = await withWorkspace(options, (workspace, environment) =>
        sendTest(workspace, environment, { template, ...shown }, options),
      );
      process.stdout.write(`${shown.from}\n${describe(test)}`);
      if (test.state === 'failed') process.exitCode = 1;
    });
}

async function sendTest(
  { connections }: Workspace,
  { publicUrl: links, copyLimits: limits }: Environment,
  { template, draft, instead }: { template: string; draft: Draft | null; instead: string | null },
  options: Options,
): Promise<MessageCopy> {
  const { profile, kind, campaign = null, locale = null } = options;
  const address = parseAddress(options.to);
  if (address === null) throw new UsageError(`--to: ${options.to} is not one mail address`);
  const entry = options.entry === undefined ? null : readEntry(options.entry);
  const profileId = await findNamedProfile(connections, kind, profile);
  const now = await new DatabaseClock().now(connections);
  const request = { profileId, template, campaign, entry, locale, address, ...asDraft(draft) };
  const rendering = { templates: new TemplateCache(1), links, limits };
  const acting = { actor: `${userName()} (rekindle send-test)`, now };
  const asked = await inTransaction(connections, (sql) =>
    askForTest(sql, request, rendering, acting),
  );
  if ('unknown' in asked) {
    const name = asked.unknown === 'campaign' ? campaign : template;
    throw new UsageError(explainUnknown(asked, name, { draft, instead }));
  }
  if ('tooMany' in asked) {
    const { why, wait } = asked.tooMany;
    throw new UsageError(`nothing was sent: ${why}; again in ${Math.ceil(wait / 60)} min`);
  }
  if ('refused' in asked) throw new UsageError(`nothing was sent: ${asked.why}`);
  return outcomeOf(connections, asked.test);
}

/** What became of it, as far as that is known after a while. */
async function outcomeOf(sql: Queryable, test: MessageCopy): Promise<MessageCopy> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const seen = (await loadTest(sql, test.id)) ?? test;
    if (seen.state === 'sent' || seen.state === 'failed' || performance.now() > until) return seen;
    await after(LOOK_MS);
  }
}

function describe({ state, address, reply }: MessageCopy): string {
  if (state === 'sent')
    return `sent to ${address}${reply === null ? ', in the dev mailbox' : `: ${reply}`}\n`;
  if (state === 'failed') return `not sent to ${address}: ${reply}\n`;
  return `it waits: a running mailer sends it to ${address} as soon as it can (a pause holds it too)\n`;
}
