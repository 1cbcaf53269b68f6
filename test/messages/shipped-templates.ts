/** The templates of this repository as definitions, and rekindle.yaml as far as a mail shows it. */
import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import type { TemplateDefinition, TemplateVariant } from '../../src/language/definitions.js';

const FOLDER = resolve(__dirname, '../../templates');
export const PROJECT = {
  project: 'Acme',
  locale: 'en',
  postalAddress: 'Acme GmbH, Torstrasse 1, 10119 Berlin',
};

const read = (name: string): string => readFileSync(join(FOLDER, name), 'utf8');
const filesOf = (folder: string): string[] =>
  readdirSync(join(FOLDER, folder), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.mjml'),
  );

/** Every template by id, each with all its locale variants. */
export function shippedTemplates(): TemplateDefinition[] {
  const layout = read('layouts/default.mjml');
  const partials = Object.fromEntries(
    filesOf('partials').map((name) => [name.replace('.mjml', ''), read(`partials/${name}`)]),
  );
  const templates = new Map<string, TemplateDefinition>();
  for (const name of filesOf('.').sort()) {
    if (/^(layouts|partials)\//.test(name)) continue;
    const [, id, locale = ''] = /^(.+?)(?:\.([a-z]{2}))?\.mjml$/.exec(name)!;
    const [, front, body] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(read(name))!;
    const keys = parse(front!, { schema: 'core' }) as Partial<TemplateVariant>;
    const template = templates.get(id!) ?? { kind: 'template', id: id!, variants: {} };
    template.variants[locale] = {
      format: 'mjml',
      subject: keys.subject!,
      preheader: keys.preheader ?? null,
      from: null,
      defaults: keys.defaults ?? {},
      sample: keys.sample ?? {},
      body: body!,
      bodyLine: front!.split('\n').length + 3,
      layout,
      partials,
      text: null,
    };
    templates.set(id!, template);
  }
  return [...templates.values()];
}
