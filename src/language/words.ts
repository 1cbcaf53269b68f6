/** "Did you mean": the known word nearest to a written one, and lists of words in sentences. */

/** Optimal string alignment distance (insert, delete, replace, swap neighbours), cut off above `limit`. */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min(row[j - 1]! + 1, previous[j]! + 1, previous[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, before[j - 2]! + 1);
      row.push(best);
      if (best < least) least = best;
    }
    // Distances only grow from row to row, a swap's by two rows at once.
    if (least > limit + 1) return limit + 1;
    before = previous;
    previous = row;
  }
  return previous[b.length]!;
}

/** Whether two words are a word and its opposite: `within_last` and `not_within_last` are never meant for each other. */
function areOpposites(a: string, b: string): boolean {
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  const negated = /^(?:not_|no_)/.test(long) && !/^(?:not_|no_)/.test(short);
  return negated || long === `un${short}`;
}

/** The known word a writer most likely meant, null when none is near (a third of its length, at least one). */
export function nearest(written: string, known: Iterable<string>): string | null {
  const word = written.slice(0, 100).toLowerCase().replaceAll('-', '_');
  let best: string | null = null;
  let bestDistance = Infinity;
  for (const candidate of known) {
    if (areOpposites(word, candidate)) continue;
    const third = Math.max(1, Math.floor(Math.max(candidate.length, word.length) / 3));
    const limit = Math.min(third, bestDistance - 1);
    if (limit < 0) break;
    const distance = editDistance(word, candidate.toLowerCase().replaceAll('-', '_'), limit);
    if (distance <= limit) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** The longest message or help; authors' words in it may be as long as the file. */
const MAX_SENTENCE = 400;

/** A text as it is, or its beginning and `…`. */
export function shorten(text: string, most = MAX_SENTENCE): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

/** A text as it is quoted in YAML. */
export function quoted(value: string): string {
  return value.includes('"')
    ? `'${value.replaceAll("'", "''")}'`
    : `"${value.replaceAll('\\', '\\\\')}"`;
}

/** `1 error`, `2 errors`. */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** `a, b or c`. */
export function orList(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)!}`;
}

/** "did you mean X?" when one is near, else the words there are (the first twenty). */
export function suggest(written: string, known: readonly string[], noun = 'known'): string {
  const near = nearest(written, known);
  if (near !== null) return `did you mean ${near}?`;
  if (known.length === 0) return `there is none yet`;
  const shown = [...known].sort().slice(0, 20);
  return `${noun}: ${shown.join(', ')}${known.length > shown.length ? ', …' : ''}`;
}
