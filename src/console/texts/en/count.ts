/** Counted nouns in English. */
/** `1 message`, `2 messages`. */
export function some(n: number, one: string, more: string): string {
  return `${n.toLocaleString('en')} ${n === 1 ? one : more}`;
}
