/**
 * Units of time and days of the week as authors write them -> the one that is surely meant. A wrong guess
 * here is taken over in good faith and sends too early (`2 Monate` is not `2 minutes`), so that nearness
 * alone is not enough: abbreviations, the words of six other languages, or a slip of the right word. Pure.
 */
import { DURATION_UNITS } from '../../core/duration.js';
import type { DurationUnit } from '../../core/duration.js';
import { editDistance } from '../words.js';

/** `m` is missing: it is minutes to one reader and months to another. */
const UNITS = new Map(
  meanings<DurationUnit>({
    second:
      's sec secs sekunde sekunden секунда секунды секунд секунду segundo segundos seconde secondes secondo secondi',
    minute: 'min mins minuten минута минуты минут минуту minuto minutos minuti',
    hour: 'h hr hrs stunde stunden std час часа часов hora horas heure heures ora ore',
    day: 'd tag tage tagen день дня дней día días dia dias jour jours giorno giorni',
    week: 'w wk wks woche wochen неделя недели недель неделю semana semanas semaine semaines settimana settimane',
    month: 'mo mos monat monate monaten месяц месяца месяцев mes meses mês mois mese mesi',
    year: 'y yr yrs jahr jahre jahren год года лет año años ano anos an ans année années annee annees anno anni',
  }),
);

const DAY_NAMES = {
  mon: 'monday',
  tue: 'tuesday',
  wed: 'wednesday',
  thu: 'thursday',
  fri: 'friday',
  sat: 'saturday',
  sun: 'sunday',
} as const;
type Day = keyof typeof DAY_NAMES;

/** Without the abbreviations that are days of two languages (`mar`, `mer`, `mi`). */
const DAYS = new Map(
  meanings<Day>({
    mon: 'montag понедельник пн lunes lundi lunedì lunedi segunda',
    tue: 'dienstag вторник вт martes mardi martedì martedi terça',
    wed: 'mittwoch среда среду ср miércoles miercoles mercredi mercoledì mercoledi quarta',
    thu: 'donnerstag четверг чт jueves jeudi giovedì giovedi quinta',
    fri: 'freitag пятница пятницу пт viernes vendredi venerdì venerdi sexta',
    sat: 'samstag sonnabend суббота субботу сб sábado sabado samedi sabato',
    sun: 'sonntag воскресенье вс domingo dimanche domenica',
  }),
);

/** The unit that a word surely means, null when it is not sure. */
export function unitMeant(written: string): DurationUnit | null {
  const word = written.toLowerCase();
  const forms = DURATION_UNITS.flatMap((unit) => [
    [unit, unit] as const,
    [`${unit}s`, unit] as const,
  ]);
  return UNITS.get(word) ?? slipOf(word, forms);
}

/** The day that a word surely means: `Monday`, `tues`, `Donnerstag`, `wensday`; null when it is not sure. */
export function dayMeant(written: string): Day | null {
  const word = written.toLowerCase();
  const names = Object.entries(DAY_NAMES).map(([day, name]) => [name, day as Day] as const);
  const begun = word.length >= 3 ? names.find(([name]) => name.startsWith(word))?.[1] : undefined;
  return begun ?? DAYS.get(word) ?? slipOf(word, names);
}

/** `weekdays`, `weekend` or a day by name, as the language writes it; null for any other word. */
export function daysMeant(written: string): string | null {
  const word = written.toLowerCase();
  if (/^(?:week|work(?:ing)?[ _-]?)days?$/.test(word)) return 'mon-fri';
  if (/^weekends?$/.test(word)) return 'sat-sun';
  return word === 'day' ? null : (dayMeant(word) ?? dayMeant(word.replace(/s$/, '')));
}

/**
 * What a misspelt word means: it begins as the right one does, one letter of it is wrong (two in a long one),
 * and nothing else is as near.
 */
function slipOf<T>(word: string, forms: readonly (readonly [string, T])[]): T | null {
  const near = forms
    .map(([form, meant]) => ({ form, meant, distance: editDistance(word, form, 3) }))
    .sort((a, b) => a.distance - b.distance);
  const best = near[0];
  if (!best || best.distance > (best.form.length < 6 ? 1 : 2)) return null;
  const rival = near.find(({ meant }) => meant !== best.meant);
  const sure = best.form.slice(0, 2) === word.slice(0, 2) && rival?.distance !== best.distance;
  return sure ? best.meant : null;
}

function meanings<T extends string>(words: Record<T, string>): [string, T][] {
  return (Object.entries(words) as [T, string][]).flatMap(([meant, list]) =>
    list.split(' ').map((word): [string, T] => [word, meant]),
  );
}
