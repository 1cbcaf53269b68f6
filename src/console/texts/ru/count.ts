/** Counted nouns in Russian. */
const RULES = new Intl.PluralRules('ru');

/** `1 письмо`, `2 письма`, `5 писем`. */
export function some(n: number, one: string, few: string, many: string): string {
  const rule = RULES.select(n);
  return `${n.toLocaleString('ru')} ${rule === 'one' ? one : rule === 'few' ? few : many}`;
}
