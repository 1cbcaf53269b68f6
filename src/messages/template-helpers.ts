/**
 * Messages, stage 4: the helpers of templates. Each gets the place in the template as its first argument
 * (`compile-expressions.ts` adds it), so that a value it cannot use fails the message with a line number.
 * Pure but for `state.shown`; none knows what time it is.
 */
import {
  DATE_STYLES,
  HELPER_ARGUMENTS,
  type TEMPLATE_BLOCKS,
  type TEMPLATE_HELPERS,
  wrongCount,
} from '../core/template-helpers.js';
import {
  formatDate,
  formatMoney,
  formatNumber,
  formatTime,
  pluralCategories,
  pluralCategory,
  truncateText,
} from './format-values.js';
import { RenderFailure, type RenderState, isMissing, spend } from './template-reads.js';

interface Options {
  data: { render: RenderState };
  hash: Record<string, unknown>;
}

interface BlockOptions extends Options {
  fn(context: unknown, options?: { data?: unknown; blockParams?: unknown[] }): string;
  inverse(context: unknown): string;
}

function fail(where: string, message: string): never {
  throw new RenderFailure({ where, message });
}

function number(value: unknown, where: string, helper: string): number {
  const parsed = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof parsed === 'number' && Number.isFinite(parsed)) return parsed;
  return fail(where, `${helper}: ${shown(value)} is not a number`);
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 60);
}

function truthy(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

function scalar(value: unknown): unknown {
  return typeof value === 'object' ? null : value;
}

type Helper = (where: string, ...args: unknown[]) => unknown;

/**
 * A helper that is never called with fewer values than it takes, which fails the message instead, nor with more. Validate refuses
 * both; a version that was stored before it did renders as it always has where it can.
 */
export function whole(name: (typeof TEMPLATE_HELPERS)[number]): Helper {
  const helper = HELPERS[name] as Helper;
  const { least, most } = HELPER_ARGUMENTS[name];
  return (where, ...args) => {
    const values = args.slice(0, -1);
    if (values.length < least) fail(where, `${name} ${wrongCount(name, values.length)}`);
    return helper(where, ...values.slice(0, most), args.at(-1));
  };
}

/** Called as `{{name value}}` or `(name value)`; the last argument is Handlebars' options. */
export const HELPERS: Record<
  (typeof TEMPLATE_HELPERS)[number],
  (where: string, ...args: never[]) => unknown
> = {
  /** `{{date entry.ends_at}}`, `{{date entry.ends_at "full"}}`: full, long (default), medium, short. */
  date: (where: string, value: unknown, ...rest: unknown[]) => {
    const { data } = rest.at(-1) as Options;
    const style = rest.length > 1 ? rest[0] : 'long';
    if (!DATE_STYLES.some((known) => known === style))
      return fail(
        where,
        `date: ${shown(style)} is not a style; there are ${DATE_STYLES.join(', ')}`,
      );
    const text = formatDate(value, data.render, style);
    return text ?? fail(where, `date: ${shown(value)} is not a date`);
  },
  time: (where: string, value: unknown, { data }: Options) =>
    formatTime(value, data.render) ?? fail(where, `time: ${shown(value)} is not an instant`),
  number: (where: string, value: unknown, { data }: Options) =>
    formatNumber(number(value, where, 'number'), data.render.locale),
  /** `{{money entry.amount "EUR"}}`; the amount is in whole units. */
  money: (where: string, amount: unknown, currency: unknown, { data }: Options) =>
    formatMoney(number(amount, where, 'money'), String(currency), data.render.locale) ??
    fail(where, `money: ${shown(currency)} is not a currency`),
  /** `{{plural n one="# day" other="# days"}}`; `#` is the number. */
  plural: (where: string, value: unknown, { data, hash }: Options) => {
    const count = number(value, where, 'plural');
    const { locale } = data.render;
    const form = hash[pluralCategory(count, locale)] ?? hash.other;
    return String(form).replaceAll('#', formatNumber(count, locale));
  },
  truncate: (where: string, value: unknown, length: unknown) =>
    truncateText(String(value), number(length, where, 'truncate')),
  default: (_where: string, value: unknown, fallback: unknown) =>
    isMissing(value) ? fallback : value,
  eq: (_where: string, a: unknown, b: unknown) => scalar(a) === scalar(b),
  not: (_where: string, value: unknown) => !truthy(value),
  and: (_where: string, ...tests: unknown[]) => tests.slice(0, -1).every(truthy),
  or: (_where: string, ...tests: unknown[]) => tests.slice(0, -1).some(truthy),
  /** Whether this is a marketing mail, for a layout that serves both purposes. */
  marketing: (_where: string, { data }: Options) => data.render.marketing,
  /** Language the mail is written in, `en`: for layouts and partials, which have no locale variants. */
  language: (_where: string, { data }: Options) => data.render.locale.split('-')[0],
  project_name: (_where: string, { data }: Options) => data.render.projectName,
  postal_address: (_where: string, { data }: Options) => {
    data.render.shown.add('postal_address');
    return data.render.postalAddress ?? '';
  },
  unsubscribe_url: (where: string, { data }: Options) => {
    data.render.shown.add('unsubscribe_url');
    return (
      data.render.links.unsubscribe ?? fail(where, 'only marketing mail has an unsubscribe link')
    );
  },
};

/** Called as `{{#name value}}`. */
export const BLOCKS: Record<
  (typeof TEMPLATE_BLOCKS)[number],
  (this: unknown, value: unknown, options: BlockOptions) => string
> = {
  if(value, options) {
    return truthy(value) ? options.fn(this) : options.inverse(this);
  },
  unless(value, options) {
    return truthy(value) ? options.inverse(this) : options.fn(this);
  },
  each(value, options) {
    if (!Array.isArray(value) || value.length === 0) return options.inverse(this);
    let out = '';
    for (const [index, item] of value.entries()) {
      spend(options.data.render, 0, '{{#each}}');
      const data = { ...options.data, index, first: index === 0, last: index === value.length - 1 };
      out += options.fn(item, { data, blockParams: [item, index] });
    }
    return out;
  },
};

/** What is wrong with the forms of a `plural`, or null. Russian needs one, few, many and other. */
export function checkPluralForms(forms: string[], language: string | null): string | null {
  if (!forms.includes('other')) return 'plural needs other="..."';
  const wanted = language === null ? ['other'] : pluralCategories(language);
  const missing = wanted.filter((form) => !forms.includes(form));
  return missing.length === 0
    ? null
    : `plural needs ${missing.map((form) => `${form}="..."`).join(', ')} in ${language}`;
}
