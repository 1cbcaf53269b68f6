/**
 * What a file is, by where it lies. Paths are relative to the configuration's or the templates' folder and
 * joined by `/`. A YAML file in no known place is `unknown`, so that a mistyped folder is noticed.
 */
import type { SourceFile, SourceKind } from './source-file.js';

export type Classified = Pick<SourceFile, 'kind' | 'id' | 'locale' | 'format'>;

const FOLDERS: Record<string, SourceKind> = {
  segments: 'segment',
  campaigns: 'campaign',
  tests: 'test',
  scores: 'score',
};
/** What a locale looks like in `offer.ru.mjml`. */
const LOCALE = /^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$/;

/** Null for what is not YAML: notes, data, whatever lies beside. */
export function classifyConfigPath(path: string): Classified | null {
  const found = /^(.*)\.ya?ml$/.exec(path);
  if (!found) return null;
  const id = found[1]!;
  if (id === 'rekindle') return { kind: 'project', id };
  const [folder, ...rest] = id.split('/');
  const known = rest.length > 0 && Object.hasOwn(FOLDERS, folder!);
  if (!known) return { kind: 'unknown', id };
  return { kind: FOLDERS[folder!]!, id: rest.join('/').replace(/\.test$/, '') };
}

/** Null for what is no template and does not look like one. */
export function classifyTemplatePath(path: string): Classified | null {
  const found = /^(.*)\.(mjml|html|txt|hbs|handlebars|htm)$/.exec(path);
  if (!found) return null;
  const [, whole, extension] = found as unknown as [string, string, string];
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
  if (extension === 'txt') return 'text';
  if (extension !== 'mjml' && extension !== 'html') return 'unknown';
  if (name.startsWith('layouts/')) return 'layout';
  return name.startsWith('partials/') ? 'partial' : 'template';
}
