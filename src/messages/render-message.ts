/**
 * Messages, stage 4. In: a compiled template and the data of one message. Out: subject, html, text and
 * `variables`, exactly what the template read, or `failed_render` with variable, template and line.
 * Pure: the same input gives the same mail, and `variables` instead of the data gives it again.
 */
import type { CompiledTemplate, CompiledVariant } from './compile-template.js';
import type { Purpose } from '../core/reasons.js';
import type { Scalar } from '../language/definitions.js';
import { tidyText } from './derive-text.js';
import { localeOf } from './format-values.js';
import {
  MAX_CHARACTERS,
  MAX_OPERATIONS,
  RenderFailure,
  type RenderProblem,
  type RenderState,
  TURNING,
  valueAt,
} from './template-reads.js';

/** The five namespaces of a template, plain JSON. */
export interface TemplateData {
  /** Traits, and whatever else the caller lets templates see of the profile. */
  profile: Record<string, unknown>;
  account: Record<string, unknown>;
  entry: Record<string, unknown>;
  with: Record<string, unknown>;
  iteration: number;
}

export interface RenderContext {
  purpose: Purpose;
  /** The profile's locale as it came; unknown ones mean the project's. */
  locale: unknown;
  /** The profile's zone, else the project's; a valid IANA name. */
  zone: string;
  project: { project: string; locale: string; postalAddress: string | null };
  /** Null for mail that has none (transactional). */
  links: { unsubscribe: string | null };
}

export interface RenderedMessage {
  locale: string;
  subject: string;
  preheader: string | null;
  html: string;
  text: string;
  /** Values by variable path (`profile.first_name`), without those that had none. */
  variables: Record<string, unknown>;
  /** The one that was rendered. */
  variant: CompiledVariant;
}

export type RenderOutcome = (
  | { rendered: RenderedMessage }
  | { failed: 'failed_render'; detail: RenderProblem }
) & {
  /** Variables that were read and had no value, with their default; null: they have none. */
  missing: Record<string, Scalar | null>;
};

/** Renders one message; what the template cannot do with this data is an outcome, anything else throws. */
export function renderMessage(
  template: CompiledTemplate,
  context: RenderContext & TemplateData,
): RenderOutcome {
  return render(template, context, (path) =>
    Object.hasOwn(NAMESPACES, path[0]!) ? valueAt(context, path) : undefined,
  );
}

/** Renders the same message again from the `variables` that were kept of it. */
export function renderAgain(
  template: CompiledTemplate,
  context: RenderContext,
  variables: Record<string, unknown>,
): RenderOutcome {
  return render(template, context, (path) => {
    const name = path.join('.');
    return Object.hasOwn(variables, name) ? variables[name] : undefined;
  });
}

/** The variant for a locale: `ru-RU`, else `ru`, else the one without suffix, else the first. */
export function pickVariant(template: CompiledTemplate, locale: string | null): CompiledVariant {
  const { variants } = template;
  const wanted = locale?.toLowerCase();
  const byLocale = (name: string | undefined) =>
    name && [...variants.values()].find((variant) => variant.locale.toLowerCase() === name);
  return (
    byLocale(wanted) ||
    byLocale(wanted?.split('-')[0]) ||
    variants.get('') ||
    [...variants.values()][0]!
  );
}

const MAX_SUBJECT_CHARACTERS = 500;

const NAMESPACES: Record<keyof TemplateData, true> = {
  profile: true,
  account: true,
  entry: true,
  with: true,
  iteration: true,
};

function render(
  template: CompiledTemplate,
  context: RenderContext,
  source: RenderState['source'],
): RenderOutcome {
  const { project } = context;
  const profileLocale = localeOf(context.locale);
  const variant = pickVariant(template, profileLocale ?? localeOf(project.locale));
  const state: RenderState = {
    source,
    locale: readingLocale(profileLocale, variant.locale || project.locale),
    zone: context.zone,
    marketing: context.purpose === 'marketing',
    projectName: project.project,
    postalAddress: project.postalAddress,
    links: context.links,
    variables: {},
    missing: {},
    shown: new Set(),
    budget: { operations: MAX_OPERATIONS, characters: MAX_CHARACTERS },
  };
  try {
    const subject = oneLine(variant.subject(state));
    checkSubject(template, subject);
    const html = part(template, 'html', state, variant.html);
    const text = tidyText(part(template, 'text', state, variant.text));
    const preheader = variant.preheader && oneLine(variant.preheader(state));
    return {
      rendered: {
        locale: state.locale,
        subject,
        preheader,
        html,
        text,
        variables: state.variables,
        variant,
      },
      missing: state.missing,
    };
  } catch (error) {
    if (error instanceof RenderFailure)
      return { failed: 'failed_render', detail: error.problem, missing: state.missing };
    throw error;
  }
}

/** One header line of a mail has 998 bytes at most, and no inbox shows a tenth of them. */
function checkSubject(template: CompiledTemplate, subject: string): void {
  const problem =
    subject === ''
      ? 'the subject is empty'
      : subject.length > MAX_SUBJECT_CHARACTERS
        ? `the subject has more than ${MAX_SUBJECT_CHARACTERS} characters`
        : null;
  if (problem) throw new RenderFailure({ where: template.id, message: problem });
}

/** Both parts of a marketing mail show how to leave and who writes. */
function part(
  template: CompiledTemplate,
  name: 'html' | 'text',
  state: RenderState,
  write: (state: RenderState) => string,
): string {
  state.shown.clear();
  const out = write(state);
  if (out.length > MAX_CHARACTERS)
    throw new RenderFailure({
      where: template.id,
      message: `the ${name} part has more than ${MAX_CHARACTERS} characters`,
    });
  for (const required of state.marketing ? ['unsubscribe_url', 'postal_address'] : []) {
    // A project without postal address was warned of that by `validate`.
    const known = required !== 'postal_address' || state.postalAddress !== null;
    if (known && !state.shown.has(required)) {
      throw new RenderFailure({
        where: template.id,
        message: `the ${name} part of a marketing mail must show {{${required}}}`,
      });
    }
  }
  return out;
}

/** Dates and numbers as the profile's region writes them, but in the language the mail is written in. */
function readingLocale(profile: string | null, written: string): string {
  const language = (locale: string) => locale.split('-')[0]!.toLowerCase();
  return profile && language(profile) === language(written) ? profile : (localeOf(written) ?? 'en');
}

/**
 * A header value: no control characters, no line breaks, single blanks. Nothing that turns the direction of what follows, the
 * author's neither.
 */
function oneLine(text: string): string {
  return text
    .replace(TURNING, '')
    .replace(/[\u0000-\u001f\u007f\u0085\u2028\u2029\s]+/g, ' ')
    .trim();
}
