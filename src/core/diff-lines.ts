/** Two texts, line by line: what went, what came, what stayed, with a few lines around each change. Pure. */

export interface DiffLine {
  kind: 'same' | 'gone' | 'new' | 'gap';
  text: string;
}

/** Unchanged lines that are shown around a change. */
const AROUND = 3;
/** More lines than that are not compared: the table of their common lines would be too large. */
const MOST_LINES = 3_000;

/** The difference from `before` to `after`; null when they are too long to be compared. */
export function diffLines(before: string, after: string): DiffLine[] | null {
  const [a, b] = [toLines(before), toLines(after)];
  if (a.length > MOST_LINES || b.length > MOST_LINES) return null;
  const common = commonLengths(a, b);
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ kind: 'same', text: a[i]! });
      i += 1;
      j += 1;
    } else if (j >= b.length || (i < a.length && at(common, i + 1, j) >= at(common, i, j + 1))) {
      lines.push({ kind: 'gone', text: a[i]! });
      i += 1;
    } else {
      lines.push({ kind: 'new', text: b[j]! });
      j += 1;
    }
  }
  return fold(lines);
}

/** A line end at the end of a text begins no further line. */
function toLines(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

function at(common: Uint16Array[], i: number, j: number): number {
  return common[i]![j]!;
}

/** [i][j] = length of the longest common subsequence of `a` from i and `b` from j on. */
function commonLengths(a: string[], b: string[]): Uint16Array[] {
  const rows = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      rows[i]![j] =
        a[i] === b[j]
          ? at(rows, i + 1, j + 1) + 1
          : Math.max(at(rows, i + 1, j), at(rows, i, j + 1));
  return rows;
}

/** Leaves out what lies far from any change. */
function fold(lines: DiffLine[]): DiffLine[] {
  const near = lines.map((_, n) =>
    lines.slice(Math.max(0, n - AROUND), n + AROUND + 1).some(({ kind }) => kind !== 'same'),
  );
  const folded: DiffLine[] = [];
  for (const [n, line] of lines.entries()) {
    if (near[n]) folded.push(line);
    else if (folded.at(-1)?.kind !== 'gap') folded.push({ kind: 'gap', text: '' });
  }
  return near.some(Boolean) ? folded : [];
}
