/**
 * The regular expressions of `matches:` (semantics.md, Truth 2): literals, classes, `.`, `^ $`, groups,
 * `|`, `* + ? {m,n}`, `\d \w \s`. Text in, tree out; both SQL and code are printed from the tree, so they
 * cannot disagree about what an author meant. No backreferences, no look-around, no lazy quantifiers:
 * what is left runs in linear time everywhere. Sizes are bounded, so no pattern is "too complex" later.
 */

/** A range of code points, both ends in. */
export interface CodeRange {
  low: number;
  high: number;
}

export type RegexTree =
  /** One of several; a single branch is never wrapped. */
  | { kind: 'alternatives'; of: RegexTree[] }
  /** One after the other; empty matches the empty text. */
  | { kind: 'sequence'; of: RegexTree[] }
  /** `max: null` = without bound. */
  | { kind: 'repeat'; of: RegexTree; min: number; max: number | null }
  | { kind: 'literal'; code: number }
  | { kind: 'class'; negated: boolean; ranges: CodeRange[] }
  /** Any character but a newline. */
  | { kind: 'any' }
  /** Start and end of the whole text, never of a line. */
  | { kind: 'start' }
  | { kind: 'end' };

/** What is wrong and where: `at` counts UTF-16 units from the start of the pattern. */
export interface RegexError {
  at: number;
  message: string;
}

const MAX_PATTERN_LENGTH = 500;
const MAX_REPEAT = 255;
/** Nodes after every `{m,n}` is written out: RE2 and Postgres both refuse much more than this. */
const MAX_EXPANDED = 1_000;
const MAX_GROUPS = 50;

const CLASS_ESCAPES: Record<string, CodeRange[]> = {
  d: [range('0', '9')],
  w: [range('0', '9'), range('A', 'Z'), range('_', '_'), range('a', 'z')],
  s: [{ low: 9, high: 13 }, range(' ', ' ')],
};

function range(low: string, high: string): CodeRange {
  return { low: low.charCodeAt(0), high: high.charCodeAt(0) };
}

/** Parses a pattern; never throws. */
export function parseRegex(pattern: string): { tree: RegexTree } | { error: RegexError } {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    return {
      error: {
        at: MAX_PATTERN_LENGTH,
        message: `a pattern may be ${MAX_PATTERN_LENGTH} characters long`,
      },
    };
  }
  try {
    const tree = new RegexParser(pattern).parse();
    if (expandedSize(tree) > MAX_EXPANDED) {
      return {
        error: { at: 0, message: 'its repetitions multiply to more than a pattern may hold' },
      };
    }
    return { tree };
  } catch (refused) {
    if (refused instanceof Refused) return { error: { at: refused.at, message: refused.message } };
    throw refused;
  }
}

/** Control flow inside this file only: unwinds the recursive descent at the first error. */
class Refused extends Error {
  constructor(
    readonly at: number,
    message: string,
  ) {
    super(message);
  }
}

class RegexParser {
  private position = 0;
  private depth = 0;

  constructor(private readonly pattern: string) {}

  parse(): RegexTree {
    const tree = this.alternatives();
    if (this.position < this.pattern.length)
      throw new Refused(this.position, '`)` closes nothing; write \\) for the character');
    return tree;
  }

  private alternatives(): RegexTree {
    const branches = [this.sequence()];
    while (this.take('|')) branches.push(this.sequence());
    return branches.length === 1 ? branches[0]! : { kind: 'alternatives', of: branches };
  }

  private sequence(): RegexTree {
    const parts: RegexTree[] = [];
    while (this.position < this.pattern.length && !'|)'.includes(this.peek()))
      parts.push(this.quantified());
    return parts.length === 1 ? parts[0]! : { kind: 'sequence', of: parts };
  }

  private quantified(): RegexTree {
    const start = this.position;
    const atom = this.atom();
    const bounds = this.quantifier();
    if (!bounds) return atom;
    if (atom.kind === 'start' || atom.kind === 'end')
      throw new Refused(start, '`^` and `$` cannot be repeated');
    const next = this.peek();
    if (next === '?')
      throw new Refused(
        this.position,
        'lazy quantifiers change nothing about whether a text matches; leave the `?` out',
      );
    if (next !== '' && '*+{'.includes(next))
      throw new Refused(this.position, 'two quantifiers in a row; put a group around the first');
    return { kind: 'repeat', of: atom, ...bounds };
  }

  private quantifier(): { min: number; max: number | null } | null {
    if (this.take('*')) return { min: 0, max: null };
    if (this.take('+')) return { min: 1, max: null };
    if (this.take('?')) return { min: 0, max: 1 };
    if (this.peek() !== '{') return null;
    const start = this.position;
    const found = /^\{(\d{1,9})(,(\d{1,9})?)?\}/.exec(this.pattern.slice(start));
    if (!found)
      throw new Refused(start, 'a quantifier is {3}, {3,} or {3,5}; write \\{ for the character');
    const min = Number(found[1]);
    const max = found[2] === undefined ? min : found[3] === undefined ? null : Number(found[3]);
    if (min > MAX_REPEAT || (max ?? 0) > MAX_REPEAT)
      throw new Refused(start, `a quantifier may be at most ${MAX_REPEAT}`);
    if (max !== null && max < min)
      throw new Refused(start, 'the upper bound is below the lower one');
    this.position += found[0].length;
    return { min, max };
  }

  private atom(): RegexTree {
    const start = this.position;
    const character = this.character();
    switch (character) {
      case '.':
        return { kind: 'any' };
      case '^':
        return { kind: 'start' };
      case '$':
        return { kind: 'end' };
      case '(':
        return this.group(start);
      case '[':
        return this.class(start);
      case '\\': {
        const escaped = this.escape(start);
        return typeof escaped === 'number'
          ? { kind: 'literal', code: escaped }
          : { kind: 'class', negated: false, ranges: escaped };
      }
      case '*':
      case '+':
      case '?':
      case '{':
        throw new Refused(
          start,
          `nothing to repeat before \`${character}\`; write \\${character} for the character`,
        );
      case ']':
      case '}':
        throw new Refused(
          start,
          `\`${character}\` closes nothing; write \\${character} for the character`,
        );
      default:
        return { kind: 'literal', code: character.codePointAt(0)! };
    }
  }

  private group(start: number): RegexTree {
    if (this.peek() === '?' && !this.pattern.startsWith('?:', this.position)) {
      throw new Refused(
        start,
        'only plain groups ( ) and (?: ) are known: no flags, no look-around, no names',
      );
    }
    if (this.peek() === '?') this.position += 2;
    if (++this.depth > MAX_GROUPS)
      throw new Refused(start, `groups may be nested ${MAX_GROUPS} deep`);
    const inside = this.alternatives();
    this.depth--;
    if (!this.take(')')) throw new Refused(start, 'this group is never closed');
    return inside;
  }

  private class(start: number): RegexTree {
    const negated = this.take('^');
    const ranges: CodeRange[] = [];
    while (!this.take(']')) {
      if (this.position >= this.pattern.length)
        throw new Refused(start, 'this class is never closed');
      ranges.push(...this.classMember());
    }
    if (ranges.length === 0)
      throw new Refused(start, 'an empty class; write \\] for the character');
    return { kind: 'class', negated, ranges };
  }

  private classMember(): CodeRange[] {
    const start = this.position;
    const low = this.classCharacter();
    const isRange =
      this.peek() === '-' &&
      this.pattern[this.position + 1] !== ']' &&
      this.position + 1 < this.pattern.length;
    if (!isRange) return typeof low === 'number' ? [{ low, high: low }] : low;
    this.position++;
    const high = this.classCharacter();
    if (typeof low !== 'number' || typeof high !== 'number')
      throw new Refused(start, 'a range needs two characters');
    if (high < low) throw new Refused(start, 'this range ends before it starts');
    return [{ low, high }];
  }

  private classCharacter(): number | CodeRange[] {
    const start = this.position;
    const character = this.character();
    if (character === '[')
      throw new Refused(start, 'write \\[ for the character; named classes are not known');
    return character === '\\' ? this.escape(start) : character.codePointAt(0)!;
  }

  /** After a backslash: a code point, or the ranges of `\d \w \s`. */
  private escape(start: number): number | CodeRange[] {
    if (this.position >= this.pattern.length)
      throw new Refused(start, 'nothing follows the backslash');
    const character = this.character();
    const ranges = Object.hasOwn(CLASS_ESCAPES, character) ? CLASS_ESCAPES[character] : undefined;
    if (ranges) return ranges;
    if (/[\p{L}\p{N}]/u.test(character))
      throw new Refused(
        start,
        `\\${character} is not known: only \\d, \\w, \\s and escaped punctuation are`,
      );
    return character.codePointAt(0)!;
  }

  private peek(): string {
    return this.pattern[this.position] ?? '';
  }

  private take(character: string): boolean {
    if (this.peek() !== character) return false;
    this.position++;
    return true;
  }

  /** The next whole code point. */
  private character(): string {
    const character = String.fromCodePoint(this.pattern.codePointAt(this.position)!);
    this.position += character.length;
    return character;
  }
}

/** How many nodes the tree has once bounded repetitions are written out. */
function expandedSize(tree: RegexTree): number {
  switch (tree.kind) {
    case 'alternatives':
    case 'sequence':
      return 1 + tree.of.reduce((sum, child) => sum + expandedSize(child), 0);
    case 'repeat':
      return 1 + expandedSize(tree.of) * Math.max(tree.max ?? tree.min, 1);
    case 'class':
      return tree.ranges.length;
    case 'literal':
    case 'any':
    case 'start':
    case 'end':
      return 1;
  }
}
