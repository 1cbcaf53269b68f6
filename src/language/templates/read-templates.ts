/**
 * Template, text, layout and partial files -> `TemplateDefinition`s. Each variant carries everything it needs
 * (its layout and every partial it reaches), so one version renders the same for ever.
 */
import type { TemplateDefinition, TemplateVariant } from './template-definition.js';
import type { Reading } from '../reading.js';
import { suggest } from '../words.js';
import type { HandlebarsText } from './check-handlebars.js';
import { checkHandlebars } from './check-handlebars.js';
import { splitTemplate } from './front-matter.js';
import type { FrontMatter } from './front-matter.js';
import { warnOfSlips } from './near-sample.js';
import { Partials } from './partials.js';
import type { Part } from './partials.js';

interface Parts {
  layouts: Part[];
  partials: Partials;
  texts: Part[];
}

/** One variant's variables. */
export interface VariantNeeds {
  reading: Reading;
  /** Without which it cannot be written, defaults aside. */
  needs: ReadonlySet<string>;
  /** All that it reads, tests and what has a default too. */
  reads: ReadonlySet<string>;
}

export interface TemplatesReading {
  templates: TemplateDefinition[];
  /** By the template's id. */
  needs: ReadonlyMap<string, VariantNeeds[]>;
}

export function readTemplates(readings: readonly Reading[]): TemplatesReading {
  const of = (kind: string): Reading[] => readings.filter(({ file }) => file.kind === kind);
  const files = of('template');
  const inPartials = of('partial').map(readPart);
  const partials = new Partials(inPartials);
  const parts: Parts = {
    layouts: of('layout').map(readPart),
    partials,
    texts: of('text').map(readPart),
  };
  for (const part of parts.layouts) partials.reportUnknown(part, true);
  for (const part of [...inPartials, ...parts.texts]) partials.reportUnknown(part, false);
  partials.reportCircles();
  const templates = new Map<string, TemplateDefinition>();
  const needs = new Map<string, VariantNeeds[]>();
  for (const reading of files) {
    const read = readVariant(reading, parts);
    const { id, locale = '' } = reading.file;
    const template = templates.get(id) ?? { kind: 'template', id, variants: {} };
    if (read) template.variants[locale] = read.variant;
    if (read)
      needs.set(id, [...(needs.get(id) ?? []), { reading, needs: read.needs, reads: read.reads }]);
    templates.set(id, template);
  }
  reportBaseless(files);
  for (const { reading } of parts.texts) {
    const { id, locale } = reading.file;
    if (files.some(({ file }) => file.id === id && file.locale === locale)) continue;
    reading.error(
      'RK605',
      { start: 0, end: 0 },
      'there is no template to this text part',
      `it goes with ${id}${locale ? `.${locale}` : ''}.mjml or .html`,
    );
  }
  return { templates: [...templates.values()], needs };
}

/** A template of locales only: whoever reads none of them would get one that they cannot read. */
function reportBaseless(files: readonly Reading[]): void {
  const seen = new Set<string>();
  for (const reading of files) {
    const { id, locale, format = 'html' } = reading.file;
    if (seen.has(id) || files.some(({ file }) => file.id === id && file.locale === undefined))
      continue;
    seen.add(id);
    reading.error(
      'RK610',
      { start: 0, end: 0 },
      `the template ${id} has no file without a locale`,
      `${id}.${format} is for everybody who does not read ${locale}: write it, or rename this file`,
    );
  }
}

function readPart(reading: Reading): Part {
  return partOf(reading, [{ text: reading.file.text, start: 0 }]);
}

function partOf(reading: Reading, sources: readonly HandlebarsText[]): Part {
  const found = sources.map((source) => checkHandlebars(reading, source));
  const uses = found.flatMap(({ partials }) => partials);
  const reads = new Map(found.toReversed().flatMap((one) => [...one.reads]));
  return { reading, uses, needs: found.flatMap(({ needs }) => needs), reads };
}

function readVariant(
  reading: Reading,
  parts: Parts,
): { variant: TemplateVariant; needs: Set<string>; reads: Set<string> } | undefined {
  const split = splitTemplate(reading);
  if (!split) return undefined;
  const { text, format = 'html', id, locale } = reading.file;
  const body = text.slice(split.bodyStart);
  const { frontMatter } = split;
  const sources: HandlebarsText[] = [{ text: body, start: split.bodyStart }];
  for (const node of [frontMatter?.subject, frontMatter?.preheader])
    if (node) sources.push({ text: node.text, at: node });
  const own = partOf(reading, sources);
  parts.partials.reportUnknown(own, false);
  if (!frontMatter) return undefined;
  const layout = findLayout(reading, frontMatter, parts);
  if (layout === undefined) return undefined;
  const textPart =
    parts.texts.find(({ reading: { file } }) => file.id === id && file.locale === locale) ?? null;
  const reached = parts.partials.reached([own, layout, textPart], (variants) =>
    bestVariant(variants, reading),
  );
  const variant: TemplateVariant = {
    format,
    subject: frontMatter.subject.text,
    preheader: frontMatter.preheader?.text ?? null,
    from: frontMatter.from,
    defaults: frontMatter.defaults,
    sample: frontMatter.sample,
    body,
    bodyLine: reading.lines.position(split.bodyStart).line,
    layout: layout?.reading.file.text ?? null,
    partials: Object.fromEntries(
      [...reached]
        .map(([name, part]) => [name, part.reading.file.text] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
    text: textPart?.reading.file.text ?? null,
  };
  const all = [own, layout, textPart, ...reached.values()];
  const needs = new Set(all.flatMap((part) => part?.needs ?? []));
  const reads = new Set(all.flatMap((part) => [...(part?.reads.keys() ?? [])]));
  for (const name of Object.keys(frontMatter.defaults)) needs.delete(name);
  warnOfSlips(own, frontMatter);
  return { variant, needs, reads };
}

/** The layout a template names, else the default one of its format, else none (null). Undefined: reported. */
function findLayout(
  reading: Reading,
  { layout: named }: FrontMatter,
  { layouts }: Parts,
): Part | null | undefined {
  if (named === null) return null;
  const format = reading.file.format ?? 'html';
  const name = named?.text ?? 'default';
  const found = bestVariant(
    layouts.filter(({ reading: { file } }) => file.id === name && file.format === format),
    reading,
  );
  if (found || !named) return found ?? null;
  const other = layouts.find(({ reading: { file } }) => file.id === name);
  return other
    ? reading.error(
        'RK505',
        named,
        `the layout ${name} is ${other.reading.file.format}, this template is ${format}`,
        `write it once more as layouts/${name}.${format}`,
      )
    : reading.error(
        'RK505',
        named,
        `there is no layout \`${name}\``,
        suggest(
          name,
          layouts.map((part) => part.reading.file.id),
          'layouts',
        ),
      );
}

/** The one in the template's locale, else the one without locale; the template's format before the other. */
function bestVariant(parts: Part[], { file }: Reading): Part | undefined {
  const rank = (part: Part): number => {
    const { locale, format } = part.reading.file;
    const byLocale = locale === file.locale ? 0 : locale === undefined ? 2 : 9;
    return byLocale + (format === file.format ? 0 : 1);
  };
  return parts.filter((part) => rank(part) < 9).sort((a, b) => rank(a) - rank(b))[0];
}
