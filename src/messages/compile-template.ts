/**
 * Messages, stage 4. In: one version of a template as authors wrote it. Out: a `CompiledTemplate`, which
 * renders one message in microseconds. MJML, the HTML parser, html-to-text and Handlebars run here, once
 * per version (`TemplateCache`), over sources of authors only; user data is met in `render-message.ts`.
 */
import type {
  TemplateDefinition,
  TemplateVariant,
} from '../language/templates/template-definition.js';
import { checkHtml } from './check-html.js';
import { type Placed, type RenderText, compileExpressions } from './compile-expressions.js';
import { deriveText } from './derive-text.js';
import { PLAIN_LAYOUT, isDocument, isMjml, withPreheader } from './document.js';
import { MarkupError, checkClosed, checkElementDepth, placedError } from './locate-in-html.js';
import {
  type AssembledSource,
  TemplateError,
  type Token,
  type TokenSource,
  readSource,
  replaceTokens,
} from './template-source.js';

export interface CompiledTemplate {
  id: string;
  /** By locale; '' is the one without suffix. */
  variants: Map<string, CompiledVariant>;
}

export interface CompiledVariant {
  /** Locale of the file name, '' = the project's. */
  locale: string;
  /** Sender this template asks for, null = the campaign's. */
  from: string | null;
  subject: RenderText;
  preheader: RenderText | null;
  html: RenderText;
  text: RenderText;
  /** Variables and helpers it mentions, sorted: `profile.first_name`, `unsubscribe_url`. */
  uses: string[];
  /** What is written for a variable without value, by its path. */
  defaults: TemplateVariant['defaults'];
}

/** Compiles every variant; throws `TemplateError` with the author's file and line. */
export async function compileTemplate(definition: TemplateDefinition): Promise<CompiledTemplate> {
  const variants = new Map<string, CompiledVariant>();
  for (const [locale, variant] of Object.entries(definition.variants)) {
    const name = locale === '' ? definition.id : `${definition.id}.${locale}`;
    variants.set(locale, await compileVariant(name, locale, variant));
  }
  if (variants.size === 0)
    throw new TemplateError(`${definition.id}: a template needs at least one variant`);
  return { id: definition.id, variants };
}

async function compileVariant(
  name: string,
  locale: string,
  variant: TemplateVariant,
): Promise<CompiledVariant> {
  const uses = new Set<string>();
  const options = { defaults: variant.defaults, language: locale || null, uses };
  const line = (source: string, part: string): TokenSource =>
    readSource({ name: part, source, line: 1 }, null, variant.partials);
  const compile = (
    { text, tokens }: TokenSource,
    escape: boolean,
    links: Set<number> = new Set(),
  ): RenderText => {
    const restored = restore(text, tokens, links);
    return compileExpressions(restored.text, name, restored.placed, { ...options, escape });
  };

  const preheader =
    variant.preheader === null ? null : line(variant.preheader, `preheader of ${name}`);
  const { document, links } = await htmlOf(name, variant, preheader);
  const text =
    variant.text === null
      ? { text: deriveText(document.text), tokens: document.tokens }
      : line(variant.text, `${name}.txt`);
  return {
    locale,
    from: variant.from,
    subject: compile(line(variant.subject, `subject of ${name}`), false),
    preheader: preheader && compile(preheader, false),
    html: compile(document, true, links),
    text: compile(text, false, variant.text === null ? links : new Set()),
    uses: [...uses].sort(),
    defaults: variant.defaults,
  };
}

/** Layout, body, partials and preheader as one HTML document, its expressions still tokens; checked. */
async function htmlOf(
  name: string,
  variant: TemplateVariant,
  preheader: TokenSource | null,
): Promise<{ document: TokenSource; links: Set<number> }> {
  const body = { name, source: variant.body, line: variant.bodyLine ?? 1 };
  const layout = variant.layout ?? (isDocument(variant.body) ? null : PLAIN_LAYOUT);
  const source = readSource(body, layout, variant.partials);
  checkElementDepth(source);
  try {
    const html = isMjml(source.text) ? await fromMjml(source) : source.text;
    const document = preheader
      ? withPreheaderOf(preheader, html, source)
      : { ...source, text: html };
    return { document, links: checkHtml(document.text, document.tokens) };
  } catch (error) {
    throw error instanceof MarkupError ? placedError(error, source, name) : error;
  }
}

function withPreheaderOf(
  preheader: TokenSource,
  html: string,
  { tokens }: TokenSource,
): TokenSource {
  const shifted = replaceTokens(
    escapeText(preheader.text),
    (index) => `rkq${index + tokens.length}qkr`,
  );
  return { text: withPreheader(html, shifted), tokens: [...tokens, ...preheader.tokens] };
}

async function fromMjml(source: AssembledSource): Promise<string> {
  const { text, tokens } = source;
  if (/<mj-include\b/i.test(text))
    throw new MarkupError(
      { element: 'mj-include' },
      '<mj-include> reads files; use a partial: {{> name}}',
    );
  checkClosed(source);
  // A third of a second to load, which only who compiles a template waits for.
  const { default: mjml2html } = await import('mjml');
  const { html, errors } = await mjml2html(text, {
    validationLevel: 'soft',
    ignoreIncludes: true,
    // Its own list would load fonts from Google: who opens a mail would be told to a third party.
    fonts: {},
  });
  if (errors[0]) {
    const problem = replaceTokens(errors[0].message, (index) => tokens[index]?.source ?? '');
    const { tagName, line } = errors[0];
    throw new MarkupError({ element: tagName, line }, `<${tagName}>: ${problem}`);
  }
  // MJML indents every line and leaves empty ones: a third of the bytes of each mail.
  return html.replace(/^[ \t]+/gm, '').replace(/\n{2,}/g, '\n');
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Puts the expressions back and notes where each of them now stands. */
function restore(
  text: string,
  tokens: Token[],
  links: Set<number>,
): { text: string; placed: Placed[] } {
  const placed: Placed[] = [];
  let restored = '';
  let line = 1;
  let lineStart = 0;
  const append = (piece: string): void => {
    for (let at = piece.indexOf('\n'); at !== -1; at = piece.indexOf('\n', at + 1)) {
      line++;
      lineStart = restored.length + at + 1;
    }
    restored += piece;
  };
  for (const piece of text.split(/(rkq\d+qkr)/i)) {
    const index = /^rkq(\d+)qkr$/i.exec(piece)?.[1];
    if (index === undefined) {
      append(piece);
      continue;
    }
    const token = tokens[Number(index)]!;
    placed.push({
      line,
      column: restored.length - lineStart,
      where: token.where,
      startsLink: links.has(Number(index)),
    });
    append(token.source);
  }
  return { text: restored, placed };
}

/** Compiled templates by version id; versions are immutable, so nothing ever goes stale. */
export class TemplateCache {
  private readonly compiled = new Map<number, Promise<CompiledTemplate>>();

  /** `compile`: for whom templates may have been compiled before. */
  constructor(
    private readonly limit = 1_000,
    private readonly compile = compileTemplate,
  ) {}

  /**
   * The compiled version; `definition` is asked for only when it is not known yet. What cannot be compiled
   * never can, so that is kept too; any other failure (the database's) is tried again.
   */
  get(
    versionId: number,
    definition: () => Promise<TemplateDefinition> | TemplateDefinition,
  ): Promise<CompiledTemplate> {
    let template = this.compiled.get(versionId);
    if (!template) {
      if (this.compiled.size >= this.limit)
        this.compiled.delete(this.compiled.keys().next().value!);
      template = Promise.resolve(definition()).then(this.compile);
      this.compiled.set(versionId, template);
      template.catch((error: unknown) => {
        if (!(error instanceof TemplateError)) this.compiled.delete(versionId);
      });
    }
    return template;
  }
}
