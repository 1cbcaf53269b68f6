/**
 * A template as it stands in the folder, before it is live: for the commands that show one. In: the folders of a command. Out: the
 * template with what its mail rests on; what is wrong with it is printed first, and of other files nothing is said.
 */
import { existsSync } from 'node:fs';
import { Option } from 'commander';
import { UsageError } from '../../core/errors.js';
import { summary } from '../../language/print-diagnostics.js';
import type { SourceFile, SourceKind } from '../../language/source-file.js';
import { allSteps } from '../../language/steps.js';
import { suggest } from '../../language/words.js';
import type { Draft } from '../../delivery/draft-template.js';
import { checkConfiguration, printToStderr } from '../check-configuration.js';
import { parseEnvironment } from '../environment.js';
import { sourceFolders } from '../read-sources.js';
import type { CommonOptions } from './new-command.js';

/** `--live`: what is live, whatever the folder has. */
export function liveOption(): Option {
  return new Option('--live', 'the live one, instead of the one in the folder');
}

interface ShownTemplate {
  /** Null: what is live is shown. */
  draft: Draft | null;
  /** Where it is from, for people. */
  from: string;
  /** What the folder has instead; null where it has the template or was not looked at. */
  instead: string | null;
}

/** The folder's, where it has such a template; throws `UsageError` when that one cannot be read. */
export async function templateToShow(
  template: string,
  options: CommonOptions & { live?: true },
  campaign: string | null,
): Promise<ShownTemplate> {
  const folders = sourceFolders(parseEnvironment(options), options);
  const named = options.config !== undefined || options.templates !== undefined;
  if (options.live || (!named && !existsSync(folders.config)))
    return { draft: null, from: 'the live template', instead: null };
  const { sources, diagnostics, readable } = await checkConfiguration(folders);
  const own = sources.filter(({ kind, id }) => kind === 'template' && id === template);
  if (own.length === 0)
    return {
      draft: null,
      from: `the live template; ${folders.templates} has none of this name`,
      instead: suggest(template, idsOf(sources), `${folders.templates} has`),
    };
  const whole = readable.templates.find(({ id }) => id === template);
  // What a template puts in may be what keeps it from being whole.
  const concerned = whole ? own : [...own, ...sources.filter(({ kind }) => BESIDE.has(kind))];
  const paths = new Set(concerned.map(({ path }) => path));
  const wrong = diagnostics.filter(({ file }) => paths.has(file));
  printToStderr(wrong, sources);
  if (!readable.project || !whole)
    throw new UsageError(
      `${pathsOf(own)} cannot be shown: ${summary(wrong)}; --live shows the live one`,
    );
  const { project, segments } = readable;
  const campaigns = readable.campaigns.filter(
    ({ id, steps }) =>
      id === campaign ||
      allSteps(steps).some((step) => 'template' in step && step.template === template),
  );
  return {
    draft: { project, campaigns, segments, template: whole },
    from: `${pathsOf(own)}, as in the folder`,
    instead: null,
  };
}

const BESIDE: ReadonlySet<SourceKind> = new Set<SourceKind>([
  'layout',
  'partial',
  'text',
  'project',
]);

function idsOf(sources: readonly SourceFile[]): string[] {
  return [...new Set(sources.filter(({ kind }) => kind === 'template').map(({ id }) => id))];
}

function pathsOf(sources: readonly SourceFile[]): string {
  return sources.map(({ path }) => path).join(', ');
}
