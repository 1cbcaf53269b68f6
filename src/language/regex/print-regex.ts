/**
 * A checked pattern printed for the engines that run it: Postgres' ARE (in SQL) and RE2 (in code, re2js).
 * Both strings mean the same, because nothing with two readings is left in the tree: `.` and the `\d \w \s`
 * classes are spelled out, `^` and `$` are those of the whole text (no newline-sensitive mode), and all
 * groups are plain. Both are to be used unanchored and case-sensitively.
 */
import type { CodeRange, RegexTree } from './parse-regex.js';

const NOT_NEWLINE = '[^\n]';

/** For `text ~ $1` in Postgres. */
export function toPostgres(tree: RegexTree): string {
  return print(tree);
}

/** For `RE2JS.compile(...).matcher(text).find()`. */
export function toJs(tree: RegexTree): string {
  return print(tree);
}

function print(tree: RegexTree): string {
  switch (tree.kind) {
    case 'alternatives':
      return tree.of.map(print).join('|');
    case 'sequence':
      return tree.of.length === 0
        ? '(?:)'
        : tree.of
            .map((part) => (part.kind === 'alternatives' ? `(?:${print(part)})` : print(part)))
            .join('');
    case 'repeat':
      return `${repeated(tree.of)}${quantifier(tree.min, tree.max)}`;
    case 'literal':
      return escapeLiteral(tree.code);
    case 'class':
      return `[${tree.negated ? '^' : ''}${tree.ranges.map(printRange).join('')}]`;
    case 'any':
      return NOT_NEWLINE;
    case 'start':
      return '^';
    case 'end':
      return '$';
  }
}

/** What a quantifier stands behind: one character or class as it is, everything else in a group. */
function repeated(tree: RegexTree): string {
  const single = tree.kind === 'literal' || tree.kind === 'class' || tree.kind === 'any';
  return single ? print(tree) : `(?:${print(tree)})`;
}

function quantifier(min: number, max: number | null): string {
  if (max === null) return min === 0 ? '*' : min === 1 ? '+' : `{${min},}`;
  if (min === 0 && max === 1) return '?';
  return min === max ? `{${min}}` : `{${min},${max}}`;
}

function escapeLiteral(code: number): string {
  const character = String.fromCodePoint(code);
  return /[\\^$.*+?()[\]{}|]/.test(character) ? `\\${character}` : character;
}

function printRange({ low, high }: CodeRange): string {
  return low === high ? escapeInClass(low) : `${escapeInClass(low)}-${escapeInClass(high)}`;
}

function escapeInClass(code: number): string {
  const character = String.fromCodePoint(code);
  return /[\\^\-[\]]/.test(character) ? `\\${character}` : character;
}
