/** A configuration on disk, checked (messages/check-definitions.ts), and its diagnostics for people. */
import type { Diagnostic } from '../core/diagnostic.js';
import { UsageError } from '../core/errors.js';
import type { Instant } from '../core/instant.js';
import type { CheckResult } from '../language/check.js';
import type { Definitions } from '../language/definitions.js';
import { printDiagnostics, summary } from '../language/print-diagnostics.js';
import type { SourceFile } from '../language/source-file.js';
import { checkDefinitions } from '../messages/check-definitions.js';
import type { CompiledBefore } from '../messages/compile-once.js';
import { parseEnvironment, type Overrides } from './environment.js';
import { describeMissingSecrets } from './examine-endpoints.js';
import { readSources, sourceFolders, type SourceFolders } from './read-sources.js';

export interface CheckedConfiguration extends CheckResult {
  sources: SourceFile[];
}

/** Reads and checks; `definitions` is null when anything is an error. `now`: what has passed by then is told of. */
export async function checkConfiguration(
  folders: SourceFolders,
  { compiled, now }: { compiled?: CompiledBefore | undefined; now?: Instant } = {},
): Promise<CheckedConfiguration> {
  const sources = await readSources(folders);
  return { sources, ...(await checkDefinitions(sources, compiled, now)) };
}

/**
 * The configuration of a command, which must have no errors: its diagnostics on stderr, and a `UsageError` that ends with
 * what is wrong. `otherwise`: how that begins, `nothing was applied`. `compiled`: its templates are added there.
 */
export async function checkedDefinitions(
  options: Overrides,
  otherwise?: string,
  compiled?: CompiledBefore,
): Promise<CheckedConfiguration & { definitions: Definitions }> {
  const folders = sourceFolders(parseEnvironment(options), options);
  const { definitions, ...checked } = await checkConfiguration(folders, { compiled });
  printToStderr(checked.diagnostics, checked.sources);
  if (definitions) return { ...checked, definitions };
  const wrong = `${summary(checked.diagnostics)} in ${folders.config}`;
  throw new UsageError(otherwise === undefined ? wrong : `${otherwise}: ${wrong}`);
}

/** Prints to stderr, in colour on a terminal. */
export function printToStderr(
  diagnostics: readonly Diagnostic[],
  sources: readonly SourceFile[],
): void {
  const texts = new Map(sources.map(({ path, text }) => [path, text]));
  const colours = process.stderr.isTTY && process.stderr.hasColors();
  process.stderr.write(printDiagnostics(diagnostics, texts, { colours }));
}

/** Says on stderr which calls would wait for a secret, by the environment of the command. */
export function warnOfSecrets({ project }: Pick<Definitions, 'project'>, options: Overrides): void {
  const { endpointSecrets } = parseEnvironment(options);
  for (const line of describeMissingSecrets(project.endpoints, endpointSecrets))
    process.stderr.write(`rekindle: ${line}\n`);
}
