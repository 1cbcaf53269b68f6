/** Names and places of the demo's people and companies. */
import type { Random } from './random.js';

export type Place = readonly [zone: string | null, locale: string | null];

/** Zone and locale; a few say nothing of either. */
const PLACES: readonly (readonly [Place, weight: number])[] = [
  [['Europe/Berlin', 'en'], 20],
  [['Europe/London', 'en'], 16],
  [['America/New_York', 'en'], 20],
  [['America/Los_Angeles', 'en'], 10],
  [['Asia/Kolkata', 'en'], 6],
  [['Europe/Moscow', 'ru'], 17],
  [['Asia/Yekaterinburg', 'ru'], 6],
  [[null, null], 5],
];

const FIRST_NAMES = {
  en: 'Ann Ben Chloe Dev Emma Finn Grace Hugo Ines Jack Kim Liam Mia Noah Olga Priya'.split(' '),
  ru: 'Анна Борис Вера Глеб Дарья Егор Жанна Иван Ксения Лев Мария Никита Ольга Павел'.split(' '),
};

const COMPANY_NAMES = {
  en: {
    first:
      'Alder Bluewater Cobalt Drumlin Fairview Halden Kestrel Meridian Northwind Oakfield'.split(
        ' ',
      ),
    last: 'Foods Logistics Studio Clinics Energy Books Travel'.split(' '),
  },
  ru: {
    first: 'Северный Берег Вектор Гранит Дельта Компас Меридиан Полюс Сфера'.split(' '),
    last: 'Логистика Фуд Студия Клиника Энерго Книги Тур'.split(' '),
  },
};

export function somewhere(random: Random): Place {
  return random.weighted(PLACES);
}

export function firstName(random: Random, locale: string | null): string {
  return random.pick(FIRST_NAMES[locale === 'ru' ? 'ru' : 'en']);
}

/** Many companies are called alike in the end; their ids tell them apart. */
export function companyName(random: Random, locale: string | null): string {
  const { first, last } = COMPANY_NAMES[locale === 'ru' ? 'ru' : 'en'];
  return `${random.pick(first)} ${random.pick(last)}`;
}
