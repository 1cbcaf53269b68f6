/** `rekindle explain PROFILE CAMPAIGN`: why somebody is in a campaign or not, and what became of its mails. */
import type { Command } from 'commander';
import { Option } from 'commander';
import { showExplanation } from '../../api/show-explanation.js';
import { DatabaseClock } from '../../core/clock.js';
import { UsageError } from '../../core/errors.js';
import type { Queryable } from '../../core/queryable.js';
import { currentReads } from '../../definitions/load-definitions.js';
import { listCampaigns, loadCampaign } from '../../delivery/campaigns.sql.js';
import { suggest } from '../../language/words.js';
import { describeExplanation } from '../../delivery/describe-explanation.js';
import { explainProfile, readAsOf } from '../../delivery/explain-profile.js';
import { findNamedProfile, PROFILE_KINDS, type ProfileKind } from './find-named-profile.js';
import { newCommand, withWorkspace, type CommonOptions } from './new-command.js';

interface Options extends CommonOptions {
  at?: string;
  kind: ProfileKind;
  json?: true;
}

export function registerExplain(program: Command): void {
  newCommand(
    program,
    'explain <profile> <campaign>',
    'Why a profile is in a campaign or not, and what became of its mails',
  )
    .addOption(
      new Option('--kind <kind>', 'what <profile> is').choices(PROFILE_KINDS).default('user'),
    )
    .option('--at <time>', "as of an earlier day or time of the project's zone; default: now")
    .option('--json', 'print everything as JSON, as the REST API does')
    .action(async (profile: string, campaign: string, options: Options) => {
      const text = await withWorkspace(options, ({ connections }) =>
        explain(connections, { profile, campaign, options }),
      );
      process.stdout.write(text);
    });
}

async function explain(
  sql: Queryable,
  { profile, campaign: id, options }: { profile: string; campaign: string; options: Options },
): Promise<string> {
  const now = await new DatabaseClock().now(sql);
  const profileId = await findNamedProfile(sql, options.kind, profile);
  const campaign = await loadCampaign(sql, id, now);
  if (!campaign) {
    const known = await listCampaigns(sql, { after: null, limit: 1_000, now });
    const ids = known.map((one) => one.id);
    throw new UsageError(`there is no campaign ${id}: ${suggest(id, ids, 'there are')}`);
  }
  const { project } = (await currentReads(sql))!;
  const asOf =
    options.at === undefined ? { at: now } : readAsOf(options.at, { zone: project.zone, now });
  if ('problem' in asOf) throw new UsageError(`--at: ${asOf.problem}`);
  const { at } = asOf;
  const explained = await explainProfile(sql, { profileId, campaign, now, at });
  if (!explained) throw new UsageError(`nothing was applied yet at ${options.at ?? 'this time'}`);
  if (options.json)
    return `${JSON.stringify(showExplanation(explained, { profileId, campaign }))}\n`;
  return describeExplanation(explained, { who: `${profile} (profile ${profileId})`, campaign });
}
