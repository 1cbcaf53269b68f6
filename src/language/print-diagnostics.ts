/**
 * Diagnostics for people: file:line:column, the line with carets under the place, help. Colours only when the
 * caller says so. Control characters of the sources never reach the terminal. What is printed is bounded;
 * errors come before warnings when not all can be shown.
 */
import type { Diagnostic } from '../core/diagnostic.js';
import { countOf } from './words.js';

export interface PrintOptions {
  colours: boolean;
}

/** Longest piece of a source line that is shown. */
const MAX_WIDTH = 120;

/** Diagnostics printed of one file, and in all. */
const MAX_PER_FILE = 20;
const MAX_PRINTED = 100;

type Paint = (text: string) => string;
interface Paints {
  error: Paint;
  warning: Paint;
  dim: Paint;
  bold: Paint;
}

/** The diagnostics and a summary, ending in a newline; empty for none. `texts` are the files by path. */
export function printDiagnostics(
  diagnostics: readonly Diagnostic[],
  texts: ReadonlyMap<string, string>,
  { colours }: PrintOptions,
): string {
  if (diagnostics.length === 0) return '';
  const paints = paintsOf(colours);
  const lines = new Map<string, string[]>();
  const linesOf = (file: string): string[] => {
    const known = lines.get(file) ?? (texts.get(file) ?? '').split(/\r?\n/);
    lines.set(file, known);
    return known;
  };
  const printed = chosen(diagnostics).map((diagnostic) =>
    printOne(diagnostic, linesOf(diagnostic.file), paints),
  );
  const left = diagnostics.length - printed.length;
  if (left > 0) printed.push(`and ${left} more; --json lists them\n`);
  return `${printed.join('\n')}\n${summary(diagnostics)}\n`;
}

/** Those to print, in their order. */
function chosen(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const perFile = new Map<string, number>();
  const kept = new Set<Diagnostic>();
  // What a file has beyond its list is said whatever else is.
  const urgency = ({ code, severity }: Diagnostic): number =>
    severity === 'warning' ? 2 : code === 'RK012' ? 0 : 1;
  for (const one of [...diagnostics].sort((a, b) => urgency(a) - urgency(b))) {
    const before = perFile.get(one.file) ?? 0;
    if (before >= MAX_PER_FILE || kept.size >= MAX_PRINTED) continue;
    perFile.set(one.file, before + 1);
    kept.add(one);
  }
  return diagnostics.filter((one) => kept.has(one));
}

/** `2 errors, 1 warning`; of a file with more problems than are listed, only those listed are counted. */
export function summary(diagnostics: readonly Diagnostic[]): string {
  const count = (severity: Diagnostic['severity']): number =>
    diagnostics.filter((one) => one.severity === severity && one.code !== 'RK012').length;
  const more = diagnostics.some(({ code }) => code === 'RK012') ? 'more than ' : '';
  return `${more}${countOf(count('error'), 'error')}, ${countOf(count('warning'), 'warning')}`;
}

/** The shape of `--json`: one object, `ok` when nothing is an error. */
export function diagnosticsJson(diagnostics: readonly Diagnostic[]): {
  ok: boolean;
  diagnostics: readonly Diagnostic[];
} {
  return { ok: diagnostics.every(({ severity }) => severity !== 'error'), diagnostics };
}

function printOne(
  { code, severity, file, range, message, help }: Diagnostic,
  lines: string[],
  paints: Paints,
): string {
  const { line, column } = range.start;
  const gutter = ' '.repeat(String(line).length);
  const paint = paints[severity];
  const out = [
    `${file}:${line}:${column}: ${paint(severity)} ${paints.bold(code)}: ${visible(message)}`,
  ];
  const text = lines[line - 1];
  if (text !== undefined && text.trim() !== '') {
    const { shown, before, marked } = frame(text, range);
    out.push(`${gutter} ${paints.dim('|')}`);
    out.push(`${paints.dim(`${line} |`)} ${visible(shown)}`);
    out.push(`${gutter} ${paints.dim('|')} ${' '.repeat(before)}${paint('^'.repeat(marked))}`);
  }
  if (help !== undefined) {
    const [first, ...rest] = help.split('\n');
    out.push(`${gutter} ${paints.dim('=')} help: ${visible(first!)}`);
    for (const next of rest) out.push(`${gutter}         ${visible(next)}`);
  }
  return `${out.join('\n')}\n`;
}

/** The part of a line to show, how much stands before the marks, and how many marks. */
function frame(
  text: string,
  { start, end }: Diagnostic['range'],
): { shown: string; before: number; marked: number } {
  const from = start.column - 1;
  const to = end.line > start.line ? text.trimEnd().length : end.column - 1;
  const cut = from > MAX_WIDTH - 40 ? from - 40 : 0;
  const shown = text.slice(cut, cut + MAX_WIDTH);
  const before = Math.min(from - cut, shown.length);
  return { shown, before, marked: Math.max(1, Math.min(to - from, shown.length - before)) };
}

/** Tabs are one column wide here as in positions; other control and invisible characters become visible. */
export function visible(text: string): string {
  return text
    .replaceAll('\t', ' ')
    .replace(
      /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g,
      '\ufffd',
    );
}

function paintsOf(colours: boolean): Paints {
  const paint =
    (code: number): Paint =>
    (text) =>
      colours ? `\u001b[${code}m${text}\u001b[0m` : text;
  return { error: paint(31), warning: paint(33), dim: paint(2), bold: paint(1) };
}
