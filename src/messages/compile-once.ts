/**
 * Messages, stage 4: templates that are compiled once, whoever asks. In: a template, and what was compiled before. Out: the
 * compiled template. For checking one configuration after another, of which most is the same, and for playing what was checked.
 */
import type { TemplateDefinition } from '../language/templates/template-definition.js';
import { compileTemplate, type CompiledTemplate } from './compile-template.js';

/** Variants by their definition as JSON. What cannot be compiled is kept too. */
export type CompiledBefore = Map<string, Promise<CompiledTemplate>>;

/** The template with all its variants; throws `TemplateError`. */
export async function compileOnce(
  template: TemplateDefinition,
  before: CompiledBefore,
): Promise<CompiledTemplate> {
  const variants: CompiledTemplate['variants'] = new Map();
  for (const locale of Object.keys(template.variants)) {
    const one = await compileVariantOnce(template, locale, before);
    variants.set(locale, one.variants.get(locale)!);
  }
  return { id: template.id, variants };
}

/** The template with this variant alone; throws `TemplateError`. */
export function compileVariantOnce(
  template: TemplateDefinition,
  locale: string,
  before: CompiledBefore,
): Promise<CompiledTemplate> {
  const one = { ...template, variants: { [locale]: template.variants[locale]! } };
  const text = JSON.stringify(one);
  const compiling = before.get(text) ?? compileTemplate(one);
  before.set(text, compiling);
  return compiling;
}
