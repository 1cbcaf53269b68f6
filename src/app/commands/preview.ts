/**
 * `rekindle preview TEMPLATE --profile`: a mail as one person would get it now, by the template in the folder or by the live one; nothing
 * is sent or stored.
 */
import { writeFile } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import { DatabaseClock } from '../../core/clock.js';
import type { Environment } from '../../core/environment.js';
import { UsageError } from '../../core/errors.js';
import type { Draft } from '../../delivery/draft-template.js';
import { previewMail, type PreviewedMail, type Unknown } from '../../delivery/preview-mail.js';
import { TemplateCache } from '../../messages/compile-template.js';
import type { Workspace } from '../workspace.js';
import { findNamedProfile, PROFILE_KINDS, type ProfileKind } from './find-named-profile.js';
import { liveOption, templateToShow } from './folder-template.js';
import { newCommand, withWorkspace, type CommonOptions } from './new-command.js';

interface Options extends CommonOptions {
  profile: string;
  kind: ProfileKind;
  live?: true;
  campaign?: string;
  locale?: string;
  entry?: string;
  html?: string;
  json?: true;
}

export function registerPreview(program: Command): void {
  newCommand(program, 'preview <template>', 'A template as one person would get it now')
    .requiredOption('--profile <id>', 'whose mail it is')
    .addOption(
      new Option('--kind <kind>', 'what --profile is').choices(PROFILE_KINDS).default('user'),
    )
    .addOption(liveOption())
    .option('--campaign <id>', 'as this campaign sends it; default: one that does')
    .option('--entry <json>', 'the data that the enrolment began with, as a JSON object')
    .option('--locale <locale>', "instead of the profile's own")
    .option('--html <file>', 'write the HTML part there')
    .option('--json', 'print the mail, what it read and what was missing as JSON')
    .action(async (template: string, options: Options) => {
      const entry = options.entry === undefined ? null : readEntry(options.entry);
      const shown = await templateToShow(template, options, options.campaign ?? null);
      const preview = await withWorkspace(options, (workspace, environment) =>
        render(workspace, environment, { template, options, entry, ...shown }),
      );
      if (options.html !== undefined && preview.mail)
        await writeFile(options.html, preview.mail.html);
      process.stdout.write(
        options.json
          ? `${JSON.stringify({ ...preview, of: shown.draft ? 'folder' : 'live' })}\n`
          : describe(preview, shown.from),
      );
      if (!preview.mail) process.exitCode = 1;
    });
}

async function render(
  { connections }: Workspace,
  { publicUrl }: Environment,
  o: {
    template: string;
    options: Options;
    entry: Record<string, unknown> | null;
    draft: Draft | null;
    instead: string | null;
  },
): Promise<PreviewedMail> {
  const { profile, kind, campaign = null, locale = null } = o.options;
  const profileId = await findNamedProfile(connections, kind, profile);
  const now = await new DatabaseClock().now(connections);
  const preview = await previewMail(
    connections,
    { profileId, template: o.template, campaign, entry: o.entry, locale, ...asDraft(o.draft), now },
    { templates: new TemplateCache(1), links: publicUrl },
  );
  if (!('unknown' in preview)) return preview;
  const name = preview.unknown === 'campaign' ? campaign : o.template;
  throw new UsageError(explainUnknown(preview, name, o));
}

/** As a request takes it. */
export function asDraft(draft: Draft | null): { draft?: Draft } {
  return draft ? { draft } : {};
}

/** `name`: of what there is not. */
export function explainUnknown(
  { unknown }: Unknown,
  name: string | null,
  { draft, instead }: { draft: Draft | null; instead: string | null },
): string {
  const where = draft
    ? 'in the folder'
    : instead === null
      ? 'that is live'
      : 'in the folder or live';
  const help = unknown === 'template' && instead !== null ? `: ${instead}` : '';
  return `there is no ${unknown} ${name} ${where}${help}`;
}

/** `--entry` as an object. */
export function readEntry(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new UsageError(`--entry: ${text} is not a JSON object such as {"total": 20}`);
}

function describe(
  { mail, problem, decision, campaign, step, missing }: PreviewedMail,
  from: string,
): string {
  const would =
    'skipped' in decision ? `not sent now: ${decision.skipped}` : `to ${decision.send.address}`;
  const lines = [
    from,
    `${would}${campaign === null ? '; no campaign sends it' : `; as ${campaign} sends it${step === null ? '' : `, at the step ${step}`}`}`,
    ...Object.entries(missing).map(([variable, value]) =>
      value === null
        ? `missing: ${variable}, ${problem?.variable === variable ? 'which has no default' : 'which the mail can do without'}`
        : `missing: ${variable}; its default is ${JSON.stringify(value)}`,
    ),
  ];
  if (!mail) return `${[...lines, `cannot be rendered: ${problem!.message}`].join('\n')}\n`;
  const preheader = mail.preheader ? [`Preheader: ${mail.preheader}`] : [];
  return `${[...lines, '', `Subject: ${mail.subject}`, ...preheader, '', mail.text].join('\n')}\n`;
}
