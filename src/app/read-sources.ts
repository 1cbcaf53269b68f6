/** A configuration on disk -> `SourceFile`s for the language. */
import { existsSync } from 'node:fs';
import { readFile, readdir, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { UsageError } from '../core/errors.js';
import {
  classifyConfigPath,
  classifyTemplatePath,
  type Classified,
} from '../language/classify-path.js';
import type { SourceFile } from '../language/source-file.js';

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
  if (existsSync(templates)) await refuseFile(templates);
  const inConfig = (await filesBelow(config)).filter((path) => !path.startsWith('templates/'));
  const inTemplates = existsSync(templates) ? await filesBelow(templates) : [];
  const sources = await Promise.all([
    ...inConfig.map((path) => readSource(config, path, classifyConfigPath(path))),
    ...inTemplates.map((path) => readSource(templates, path, classifyTemplatePath(path))),
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
  path: string,
  classified: Classified | null,
): Promise<SourceFile | null> {
  if (!classified) return null;
  const location = join(folder, path);
  const shown = relative(process.cwd(), location);
  return {
    ...classified,
    path: shown.startsWith('..') ? location : shown,
    // What is not understood may be anything, an image too: it is named and not read.
    text: classified.kind === 'unknown' ? '' : await readFile(location, 'utf8'),
  };
}

/** Paths of all files below a folder, hidden ones excepted, in stable order and joined by `/`. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !path.split('/').some((part) => part.startsWith('.')))
    .sort();
}
