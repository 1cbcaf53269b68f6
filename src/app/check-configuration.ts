/** A configuration on disk, checked (messages/check-definitions.ts), and its diagnostics for people. */
import type { Diagnostic } from '../core/diagnostic.js';
import type { CheckResult } from '../language/check.js';
import { printDiagnostics } from '../language/print-diagnostics.js';
import type { SourceFile } from '../language/source-file.js';
import { checkDefinitions } from '../messages/check-definitions.js';
import { readSources, type SourceFolders } from './read-sources.js';

export interface CheckedConfiguration extends CheckResult {
  sources: SourceFile[];
}

/** Reads and checks; `definitions` is null when anything is an error. */
export async function checkConfiguration(folders: SourceFolders): Promise<CheckedConfiguration> {
  const sources = await readSources(folders);
  return { sources, ...(await checkDefinitions(sources)) };
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
