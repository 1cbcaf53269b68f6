/** A configuration on disk -> `SourceFile`s for the language. */
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { UsageError } from '../core/errors.js';
import {
  classifyConfigPath,
  classifyTemplatePath,
  type Classified,
} from '../language/classify-path.js';
import type { SourceFile } from '../language/source-file.js';
import { filesBelow, isThere, type FoundFile } from './files-below.js';

/** Where the definitions and templates of a command lie. */
export interface SourceFolders {
  config: string;
  templates: string;
}

/**
 * The folders to read. Templates given win; else a configuration that was named brings its own, inside it or
 * beside it; else the environment's.
 */
export function sourceFolders(
  environment: SourceFolders,
  options: Partial<SourceFolders>,
): SourceFolders {
  const { config, templates } = environment;
  if (options.templates !== undefined) return { config, templates };
  const own = join(config, 'templates');
  if (existsSync(own)) return { config, templates: own };
  const beside = join(dirname(config), 'templates');
  if (options.config !== undefined && existsSync(beside)) return { config, templates: beside };
  return { config, templates };
}

/** Reads every file; a configuration folder that does not exist is a UsageError (no templates at all is fine). */
export async function readSources({ config, templates }: SourceFolders): Promise<SourceFile[]> {
  await refuseFile(config);
  const hasTemplates = await isThere(templates);
  if (hasTemplates) await refuseFile(templates);
  const inConfig = await filesBelow(config, 'templates');
  const inTemplates = hasTemplates ? await filesBelow(templates) : [];
  const sources = await Promise.all([
    ...inConfig.map((file) => readSource(config, file, classifyConfigPath(file.path))),
    ...inTemplates.map((file) => readSource(templates, file, classifyTemplatePath(file.path))),
  ]);
  return sources.filter((source) => source !== null);
}

/** A UsageError for what is not a folder. */
async function refuseFile(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => null);
  if (!found) throw new UsageError(`there is no folder ${folder}`);
  if (!found.isDirectory())
    throw new UsageError(`${folder} is a file; name the folder it is in: ${dirname(folder)}`);
}

async function readSource(
  folder: string,
  { path, real, problem }: FoundFile,
  classified: Classified | null,
): Promise<SourceFile | null> {
  if (!classified) return null;
  const location = join(folder, path);
  const shown = relative(process.cwd(), location);
  const source = { ...classified, path: shown.startsWith('..') ? location : shown };
  if (real === null) return { ...source, kind: 'unknown', text: '', link: problem };
  // What is not understood may be anything, an image too: it is named and not read.
  return { ...source, text: source.kind === 'unknown' ? '' : await readFile(real, 'utf8') };
}
