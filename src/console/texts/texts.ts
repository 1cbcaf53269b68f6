/** The console's languages: one dictionary each, of one type, so that no text can be missing. */
import { en, type Texts } from './en.js';
import { ru } from './ru.js';

export type { Texts } from './en.js';

export const LANGUAGES = ['en', 'ru'] as const;
export type Language = (typeof LANGUAGES)[number];

export const TEXTS: Readonly<Record<Language, Texts>> = { en, ru };

/** The language somebody chose (a cookie), else the first of ours that their browser names, else English. */
export function pickLanguage(chosen: string | undefined, accepted: string | undefined): Language {
  const wanted = [chosen ?? '', ...(accepted ?? '').toLowerCase().split(/\s*,\s*/)];
  for (const tag of wanted) {
    const known = LANGUAGES.find((language) => new RegExp(`^${language}\\b`).test(tag));
    if (known) return known;
  }
  return 'en';
}
