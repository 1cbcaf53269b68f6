/**
 * Messages, stage 4: values as people of a locale and zone read them, by the runtime's Intl. Formatters are
 * expensive to make and cheap to use, so they are kept; the number kept is bounded because locale and zone
 * come from profiles.
 */

import { DATE_STYLES } from '../core/template-helpers.js';

/** Whose eyes: a BCP 47 locale and an IANA zone. */
export interface Reader {
  locale: string;
  zone: string;
}

const MAX_KEPT = 500;

function kept<T>(make: (key: string) => T): (key: string) => T {
  const known = new Map<string, T>();
  return (key) => {
    let one = known.get(key);
    if (one === undefined) {
      if (known.size >= MAX_KEPT) known.clear();
      known.set(key, (one = make(key)));
    }
    return one;
  };
}

type DateStyle = (typeof DATE_STYLES)[number];

const dateFormat = kept((key) => {
  const [locale, zone, dateStyle] = key.split('|') as [string, string, DateStyle];
  return new Intl.DateTimeFormat(locale, { timeZone: zone, dateStyle });
});
const timeFormat = kept((key) => {
  const [locale, zone] = key.split('|') as [string, string];
  return new Intl.DateTimeFormat(locale, { timeZone: zone, timeStyle: 'short' });
});
const numberFormat = kept((locale) => new Intl.NumberFormat(locale, { maximumFractionDigits: 2 }));
const moneyFormat = kept((key) => {
  const [locale, currency] = key.split('|') as [string, string];
  return [0, 2].map((digits) => {
    const whole = digits === 0 ? { minimumFractionDigits: 0, maximumFractionDigits: 0 } : {};
    return new Intl.NumberFormat(locale, {
      style: 'currency',
      currency,
      currencyDisplay: 'narrowSymbol',
      ...whole,
    });
  });
});
const pluralRules = kept((locale) => new Intl.PluralRules(locale));
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** A local day (`2026-05-01`) stays that day; an instant with offset is shown in the reader's zone. Null = not a date. */
export function formatDate(value: unknown, reader: Reader, style: unknown): string | null {
  const dateStyle = DATE_STYLES.find((known) => known === style);
  if (typeof value !== 'string' || !dateStyle) return null;
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(value);
  const at = isDay ? dayMs(value) : instantMs(value);
  const zone = isDay ? 'UTC' : reader.zone;
  return at === null ? null : dateFormat(`${reader.locale}|${zone}|${dateStyle}`).format(at);
}

/** The wall time of an instant in the reader's zone; null where `value` is not an instant with offset. */
export function formatTime(value: unknown, reader: Reader): string | null {
  const at = typeof value === 'string' ? instantMs(value) : null;
  return at === null ? null : timeFormat(`${reader.locale}|${reader.zone}`).format(at);
}

export function formatNumber(value: number, locale: string): string {
  return numberFormat(locale).format(value);
}

/** Whole amounts without decimals: `€20`, `€19.90`. Null where the currency is not ISO 4217 in form. */
export function formatMoney(amount: number, currency: string, locale: string): string | null {
  if (!/^[A-Za-z]{3}$/.test(currency)) return null;
  const [whole, exact] = moneyFormat(`${locale}|${currency.toUpperCase()}`);
  return (Number.isInteger(amount) ? whole! : exact!).format(amount);
}

/** `one`, `few`, `many`, `other` ...: the form `count` takes in `locale`. */
export function pluralCategory(count: number, locale: string): string {
  return pluralRules(locale).select(count);
}

/** The forms that numbers can take in `language`. */
export function pluralCategories(language: string): string[] {
  return pluralRules(language).resolvedOptions().pluralCategories;
}

/** At most `length` visible characters, the last of them an ellipsis where something was cut. */
export function truncateText(value: string, length: number): string {
  if (value.length <= length) return value;
  const characters: string[] = [];
  for (const { segment } of graphemes.segment(value)) {
    if (characters.length === length) return characters.slice(0, -1).join('').trimEnd() + '…';
    characters.push(segment);
  }
  return value;
}

const usableLocale = kept((name) => {
  try {
    const [locale] = Intl.getCanonicalLocales(name.replaceAll('_', '-'));
    return locale && Intl.DateTimeFormat.supportedLocalesOf(locale).length > 0 ? locale : '';
  } catch {
    return '';
  }
});

/** A locale as Intl knows it (`ru_RU` -> `ru-RU`), or null for anything else a profile may hold. */
export function localeOf(value: unknown): string | null {
  return typeof value === 'string' && value.length <= 35
    ? usableLocale(value.trim()) || null
    : null;
}

/** Midnight UTC of a day that exists; V8 would read 31 February as 3 March. */
function dayMs(day: string): number | null {
  const at = Date.parse(`${day}T00:00:00Z`);
  return Number.isNaN(at) || !new Date(at).toISOString().startsWith(day) ? null : at;
}

const INSTANT = /^(\d{4}-\d{2}-\d{2})[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})$/;

function instantMs(value: string): number | null {
  const day = INSTANT.exec(value)?.[1];
  if (!day || dayMs(day) === null) return null;
  const at = Date.parse(value.replace(' ', 'T'));
  return Number.isNaN(at) ? null : at;
}
