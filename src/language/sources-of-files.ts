/**
 * A configuration that comes as texts by path, as an editor or a repository has it: `rekindle.yaml`,
 * `campaigns/win-back.yaml`, `templates/win-back/offer.mjml`, with or without `config/` before. Pure.
 */
import { classifyConfigPath, classifyTemplatePath } from './classify-path.js';
import type { SourceFile } from './source-file.js';

const TEMPLATES = 'templates/';

/** Classified files; READMEs are left out, as they are on disk. */
export function sourcesOfFiles(files: Readonly<Record<string, string>>): SourceFile[] {
  return Object.entries(files).flatMap(([path, text]) => {
    const place = path.replace(/^\.\//, '').replace(/^config\//, '');
    const classified = place.startsWith(TEMPLATES)
      ? classifyTemplatePath(place.slice(TEMPLATES.length))
      : classifyConfigPath(place);
    if (!classified) return [];
    return [{ ...classified, path, text: classified.kind === 'unknown' ? '' : text }];
  });
}
