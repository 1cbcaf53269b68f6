/** A checked template, as definitions hold it (definitions.ts). */

/**
 * A template with everything it needs to compile: its own sources per locale, the layout and the
 * partials it names. So one version is self-contained and a changed layout is a new version.
 */
export interface TemplateDefinition {
  kind: 'template';
  /** `win-back/reminder`, without extension or locale. */
  id: string;
  /** Keyed by locale; the variant without locale suffix is `''`. */
  variants: Record<string, TemplateVariant>;
}

export interface TemplateVariant {
  format: 'mjml' | 'html';
  subject: string;
  preheader: string | null;
  from: string | null;
  /** Fallbacks by variable path (`profile.first_name` -> `there`). */
  defaults: Record<string, string | number | boolean>;
  sample: Record<string, unknown>;
  /** Body without front matter. */
  body: string;
  /** Line of the file on which the body begins, so that messages name the author's line; 1 when absent. */
  bodyLine?: number;
  /** Body of the layout it is put into (`{{> @body}}`), null = none. */
  layout: string | null;
  /** Handlebars partials by name. */
  partials: Record<string, string>;
  /** Hand-written text part, null = derived from the HTML. */
  text: string | null;
}
