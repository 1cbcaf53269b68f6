/**
 * The template compiler's places (`win-back/offer.ru line 12`, `subject of …`, `partial footer line 2`) -> file and
 * range. A place without a file (the frame around a fragment) stays in words, at the top of the template.
 */
import type { Range } from '../core/diagnostic.js';
import type { SourceFile, SourceKind } from '../language/source-file.js';

/** Which template and which of its variants. */
export interface Variant {
  id: string;
  locale: string;
  /** The text of its layout, by which the layout's file is found. */
  layout: string | null;
}

export interface Placed {
  file: string;
  range: Range;
  /** Set when the range is not that of `where`. */
  elsewhere?: string;
}

/** What to mark in the line: a word that is looked for there, or the place itself. */
type Mark = string | { column: number; length: number };

/** Without a mark, or when the word is not there, the line is marked. */
export function placeInTemplate(
  where: string,
  { id, locale, layout }: Variant,
  sources: readonly SourceFile[],
  mark?: Mark,
): Placed {
  const find = (kind: SourceKind, name: string, anyLocale = false): SourceFile | undefined =>
    sources.find(
      (source) =>
        source.kind === kind &&
        source.id === name &&
        (anyLocale || (source.locale ?? '') === locale),
    );
  const own = find('template', id);
  const word = typeof mark === 'string' ? mark : undefined;
  const ownPath = own?.path ?? id;
  const name = locale === '' ? id : `${id}.${locale}`;
  const [, part, number] = /^(.*?)(?: line (\d+))?$/.exec(where) as unknown as [
    string,
    string,
    string?,
  ];
  const isMap = part === 'defaults' || part === 'sample';
  const key = isMap ? part : /^(subject|preheader) of /.exec(part)?.[1];
  if (own && key) {
    const start = own.text.split('\n').findIndex((line) => line.startsWith(`${key}:`));
    return { file: ownPath, range: rangeOf(own, Math.max(0, start), word, isMap) };
  }
  const partial = /^partial (.+)$/.exec(part)?.[1];
  const file =
    part === name
      ? own
      : part === `${name}.txt`
        ? find('text', id)
        : part === 'layout'
          ? sources.find(({ kind, text }) => kind === 'layout' && text === layout)
          : partial === undefined
            ? undefined
            : (find('partial', partial) ?? find('partial', partial, true));
  if (file && number) {
    const line = Number(number) - 1;
    const range = typeof mark === 'object' ? rangeAt(file, line, mark) : rangeOf(file, line, word);
    return { file: file.path, range };
  }
  const start = { line: 1, column: 1 };
  return {
    file: ownPath,
    range: { start, end: start },
    ...(part === name || part === id ? {} : { elsewhere: where }),
  };
}

/** The word in the line (from 0; with `below` also in the lines after it), else the line without its indentation. */
function rangeOf(file: SourceFile, line: number, word?: string, below = false): Range {
  const lines = file.text.split(/\r?\n/);
  const until = below ? lines.length : line + 1;
  const found =
    word === undefined
      ? -1
      : lines.findIndex((text, n) => n >= line && n < until && text.includes(word));
  if (word !== undefined && found >= 0) {
    const at = lines[found]!.indexOf(word);
    return span(found, at, at + word.length);
  }
  const whole = lines[line] ?? '';
  return span(line, whole.length - whole.trimStart().length, whole.trimEnd().length);
}

function rangeAt(file: SourceFile, line: number, mark: Exclude<Mark, string>): Range {
  const width = (file.text.split(/\r?\n/)[line] ?? '').length;
  const start = Math.min(mark.column - 1, width);
  return span(line, start, Math.min(start + mark.length, width));
}

function span(line: number, start: number, end: number): Range {
  return {
    start: { line: line + 1, column: start + 1 },
    end: { line: line + 1, column: Math.max(start, end) + 1 },
  };
}
