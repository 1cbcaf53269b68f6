/** Dates as other places write them -> how they are written here. Pure. */
import { orList } from '../words.js';

const MONTHS =
  'January February March April May June July August September October November December'.split(
    ' ',
  );

type Day = readonly [year: number, month: number, day: number];

/** The help for a text that begins with nearly a date, null for any other. With points the day comes first. */
export function dateMeant(text: string): string | null {
  const [, a, sign, b, c, rest = ''] =
    /^(\d{1,4})([-./])(\d{1,2})\2(\d{1,4})((?:[ T].*)?)$/.exec(text) ?? [];
  if (a === undefined || b === undefined || c === undefined) return null;
  const days = daysOf(a, b, c, sign === '.');
  const real = days.filter(isReal).map(([year, month, day]) => {
    return `${year}-${twoDigits(month)}-${twoDigits(day)}${rest}`;
  });
  if (real.length > 0) return real.includes(text) ? null : `write ${orList([...new Set(real)])}`;
  const [[year, month, day] = [0, 0, 0], other] = days;
  const name = other ? undefined : MONTHS[month - 1];
  return name === undefined ? null : `there is no ${day} ${name} ${year}`;
}

/** The days that three numbers may be; between slashes the month may be first or second. */
function daysOf(a: string, b: string, c: string, dayFirst: boolean): Day[] {
  const [first, second, third] = [Number(a), Number(b), Number(c)];
  if (a.length === 4) return [[first, second, third]];
  if (c.length !== 4) return [];
  const british: Day = [third, second, first];
  return dayFirst ? [british] : [british, [third, first, second]];
}

function isReal([year, month, day]: Day): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return year >= 1000 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}
