/**
 * A configuration on disk -> `SourceFile`s for the language. Folders decide what a file is; a YAML file in
 * no known place is handed on as `unknown`, so that a mistyped folder is noticed and not silently empty.
 */
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { UsageError } from '../core/errors.js';
import type { SourceFile, SourceKind } from '../language/source-file.js';

const FOLDERS: Record<string, SourceKind> = {
  segments: 'segment',
  campaigns: 'campaign',
  tests: 'test',
  scores: 'score',
};
/** What a locale looks like in `offer.ru.mjml`. */
const LOCALE = /^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$/;

/** Where the definitions and templates of a command lie. */
export interface SourceFolders {
  config: string;
  templates: string;
}

/** The folders to read: a configuration that brings its own `templates/` uses it unless `--templates` was given. */
export function sourceFolders(
  environment: SourceFolders,
  options: { templates?: string },
): SourceFolders {
  const own = join(environment.config, 'templates');
  const templates =
    options.templates === undefined && existsSync(own) ? own : environment.templates;
  return { config: environment.config, templates };
}

/** Reads every file; a folder that does not exist is a UsageError (no templates at all is fine). */
export async function readSources({ config, templates }: SourceFolders): Promise<SourceFile[]> {
  if (!existsSync(config)) throw new UsageError(`there is no folder ${config}`);
  const configFiles = (await filesBelow(config)).filter(
    (path) => !path.startsWith(`templates${sep}`),
  );
  const templateFiles = existsSync(templates) ? await filesBelow(templates) : [];
  const sources = [
    ...configFiles.map((path) => describe(config, path, classifyConfig(path))),
    ...templateFiles.map((path) => describe(templates, path, classifyTemplate(path))),
  ];
  const read = sources.map(async (source) => source && { ...source, text: await readText(source) });
  return (await Promise.all(read)).filter((source) => source !== null).map(withoutLocation);
}

/** What the author wrote, by `<kind>/<id>`, for keeping beside the versions. */
export function sourceTexts(sources: readonly SourceFile[]): Map<string, string> {
  const texts = new Map<string, string>();
  for (const { kind, id, text } of sources) {
    const key = kind === 'project' ? 'project/rekindle' : `${kind}/${id}`;
    if (kind === 'campaign') texts.set(`segment/${id}/who`, text);
    texts.set(key, texts.has(key) ? `${texts.get(key)}\n${text}` : text);
  }
  return texts;
}

type Classified = Pick<SourceFile, 'kind' | 'id' | 'locale' | 'format'> | null;
type Located = Omit<SourceFile, 'text'> & { location: string };

function describe(folder: string, path: string, classified: Classified): Located | null {
  const location = join(folder, path);
  const shown = relative(process.cwd(), location);
  return classified && { ...classified, path: shown.startsWith('..') ? location : shown, location };
}

function withoutLocation({ location: _, ...source }: Located & { text: string }): SourceFile {
  return source;
}

function readText({ location }: Located): Promise<string> {
  return readFile(location, 'utf8');
}

function classifyConfig(path: string): Classified {
  const found = /^(.*)\.ya?ml$/.exec(path);
  if (!found) return null;
  const id = found[1]!.replaceAll(sep, '/');
  if (id === 'rekindle') return { kind: 'project', id };
  const [folder, ...rest] = id.split('/');
  const kind = rest.length > 0 && Object.hasOwn(FOLDERS, folder!) ? FOLDERS[folder!]! : 'unknown';
  return { kind, id: kind === 'unknown' ? id : rest.join('/').replace(/\.test$/, '') };
}

function classifyTemplate(path: string): Classified {
  const found = /^(.*)\.(mjml|html|txt|hbs|handlebars|htm|md)$/.exec(path);
  if (!found || found[2] === 'md') return null;
  const extension = found[2]!;
  const whole = found[1]!.replaceAll(sep, '/');
  const dot = whole.lastIndexOf('.');
  const suffix = dot > whole.lastIndexOf('/') ? whole.slice(dot + 1) : '';
  const locale = LOCALE.test(suffix) ? suffix : undefined;
  const name = locale === undefined ? whole : whole.slice(0, dot);
  const kind = templateKind(name, extension);
  return {
    kind,
    id: kind === 'layout' || kind === 'partial' ? name.slice(name.indexOf('/') + 1) : name,
    ...(locale === undefined ? {} : { locale }),
    ...(extension === 'mjml' || extension === 'html' ? { format: extension } : {}),
  };
}

function templateKind(name: string, extension: string): SourceKind {
  if (extension !== 'mjml' && extension !== 'html') return extension === 'txt' ? 'text' : 'unknown';
  if (name.startsWith('layouts/')) return 'layout';
  return name.startsWith('partials/') ? 'partial' : 'template';
}

/** Paths of all files below a folder, hidden ones excepted, in stable order. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => !path.split(sep).some((part) => part.startsWith('.')))
    .sort();
}
