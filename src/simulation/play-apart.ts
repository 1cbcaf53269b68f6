/**
 * Campaign tests of files that come from somewhere else than a folder: checked, and those of a campaign played. In: files as
 * JSON. Out: what came of each test, or what is wrong with the files. Runs in a process of its own (test-player.service.ts).
 */
import { checkDefinitions } from '../messages/check-definitions.js';
import type { CompiledBefore } from '../messages/compile-once.js';
import { printDiagnostics } from '../language/print-diagnostics.js';
import type { SourceFile } from '../language/source-file.js';
import { playTests, type PlayedTest } from './play-tests.js';
import type { Workspaces } from './simulation-schema.js';

export interface ToPlay {
  sources: SourceFile[];
  /** Of this campaign; null = all. */
  campaign: string | null;
}

export type Played = { tests: PlayedTest[] } | { problems: string };

export async function playApart(
  workspaces: Workspaces,
  { sources, campaign }: ToPlay,
): Promise<Played> {
  const compiled: CompiledBefore = new Map();
  const { definitions, diagnostics, tests } = await checkDefinitions(sources, compiled);
  if (!definitions) {
    const texts = new Map(sources.map(({ path, text }) => [path, text]));
    return { problems: printDiagnostics(diagnostics, texts, { colours: false }) };
  }
  const files = tests.filter((file) => campaign === null || file.campaign === campaign);
  if (files.length === 0) return { tests: [] };
  return { tests: await playTests(workspaces, { definitions, files, compiled }) };
}
