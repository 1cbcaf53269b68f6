/**
 * What a file is, by where it lies. Paths are relative to the configuration's or the templates' folder and
 * joined by `/`. A YAML file in no known place is `unknown`, so that a mistyped folder is noticed.
 */
import type { SourceFile, SourceKind } from './source-file.js';
import { nearest } from './words.js';

export type Classified = Pick<SourceFile, 'kind' | 'id' | 'locale' | 'format'>;

const FOLDERS: Record<string, SourceKind> = {
  segments: 'segment',
  campaigns: 'campaign',
  tests: 'test',
  scores: 'score',
};
/** What is meant as a locale in `offer.ru.mjml`; whether it is one is for the checker to say. */
const LOCALE = /^[A-Za-z]{2,10}(?:[-_][A-Za-z0-9]{2,8})*$/;

/** Null for a README.md, which is for people. */
export function classifyConfigPath(path: string): Classified | null {
  if (isReadme(path)) return null;
  const found = /^(.*)\.ya?ml$/.exec(path);
  if (!found) return { kind: 'unknown', id: path };
  const id = found[1]!;
  if (id === 'rekindle') return { kind: 'project', id };
  const [folder, ...rest] = id.split('/');
  const known = rest.length > 0 && Object.hasOwn(FOLDERS, folder!);
  if (!known) return { kind: 'unknown', id };
  return { kind: FOLDERS[folder!]!, id: rest.join('/').replace(/\.test$/, '') };
}

/** Null for a README.md. */
export function classifyTemplatePath(path: string): Classified | null {
  if (isReadme(path)) return null;
  const found = /^(.*)\.(mjml|html|txt|hbs|handlebars|htm)$/.exec(path);
  if (!found) return { kind: 'unknown', id: path };
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

function isReadme(path: string): boolean {
  return /(?:^|\/)README\.md$/.test(path);
}

/** How to make a file of kind `unknown` one that is read. */
export function helpForUnknown({ path, id }: Pick<SourceFile, 'path' | 'id'>): string {
  const known = Object.keys(FOLDERS).map((folder) => `${folder}/`);
  const name = /([^/]+\.(?:ya?ml|mjml|html))\.[^/]*$/.exec(path)?.[1];
  if (name !== undefined) return `rename it to ${name}`;
  const [folder, ...rest] = id.split('/');
  const near = rest.length === 0 ? null : nearest(`${folder}/`, known);
  return near && near !== `${folder}/`
    ? `did you mean the folder ${near}?`
    : 'definitions are .yaml files in segments/ and campaigns/, and rekindle.yaml; templates are .mjml and .html';
}

function templateKind(name: string, extension: string): SourceKind {
  if (extension === 'txt') return 'text';
  if (extension !== 'mjml' && extension !== 'html') return 'unknown';
  if (name.startsWith('layouts/')) return 'layout';
  return name.startsWith('partials/') ? 'partial' : 'template';
}
