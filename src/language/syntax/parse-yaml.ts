/**
 * YAML text -> positioned tree. The `yaml` package reads the grammar; everything it accepts in silence and a
 * marketer would not mean is refused here: duplicate keys, empty values, anchors, tags, second documents,
 * `{{` that became a map, `{at_least:5}` that became a key. Nothing is resolved to numbers or truth values.
 *
 * Bounds come before recursion: size, then nesting counted on the parser's own (iterative) stack.
 */
import { Composer, CST, Lexer, Parser, isMap, isPair, isScalar, isSeq } from 'yaml';
import type { Document, ParsedNode, YAMLMap } from 'yaml';
import type { Reading } from '../reading.js';
import { oddAfterColon, oddCharacter, oddIndentations } from '../odd-characters.js';
import { numberHelp } from '../scalars/read-number.js';
import { commentAfter, warnOfCut } from './comments.js';
import { explainError, oddCause } from './explain-error.js';
import { quoted } from '../words.js';
import type { Entry, Node, Span, TextNode } from './nodes.js';

const MAX_FILE_CHARACTERS = 256 * 1024;
const MAX_DEPTH = 48;
/** Syntax errors shown per file: after the first few a broken file only repeats itself. */
const MAX_SYNTAX_ERRORS = 5;
/** Syntax errors looked at for those few: explaining one reads its line, and a line may be all of the file. */
const MAX_EXPLAINED = 50;

const OUTSIDE: Partial<Record<string, string>> = {
  anchor: 'anchors (`&name`) are not part of the language',
  alias: 'aliases (`*name`) are not part of the language',
  tag: 'tags (`!name`) are not part of the language',
  directive: 'YAML directives (`%...`) are not part of the language',
};

/** Parses `text` of the file that `reading` is about, standing at `base` in it. Undefined when nothing can be read. */
export function parseYaml(
  reading: Reading,
  text: string = reading.file.text,
  base = 0,
): Node | undefined {
  if (text.length > MAX_FILE_CHARACTERS) {
    return reading.error(
      'RK010',
      { start: base, end: base },
      `the file has ${text.length} characters; ${MAX_FILE_CHARACTERS} are allowed`,
      'split it',
    );
  }
  if (reportIndentation(reading, text, base)) return undefined;
  const tokens = tokenize(reading, text, base);
  if (!tokens) return undefined;
  const [first, second] = compose(tokens, text);
  if (second) {
    const start = base + second.range[0];
    return reading.error(
      'RK003',
      { start, end: start + 3 },
      'a second document is not part of the language',
      'one definition per file; remove the `---`',
    );
  }
  if (!first) return undefined;
  if (reportSyntaxErrors(reading, first, text, base)) return salvage(reading, text, base);
  if (!first.contents || isEmpty(first.contents, text)) {
    return reading.error(
      'RK004',
      { start: base, end: base },
      'the file is empty',
      'write the definition into it, or remove the file',
    );
  }
  return new Converter(reading, text, base).convert(first.contents);
}

/**
 * Of a file with a syntax error the keys at its left edge that read well on their own: what else is wrong is said at once. Nothing is
 * made of them, since the map is not whole. Undefined when there is no such key.
 */
function salvage(reading: Reading, text: string, base: number): Node | undefined {
  const entries: Entry[] = [];
  for (const { start, end } of topBlocks(text)) {
    if (reading.hasErrorIn({ start: base + start, end: base + end })) continue;
    const block = text.slice(start, end);
    const tokens = [...new Parser().parse(block)];
    const [first, second] = compose(tokens, block);
    if (!first?.contents || second || first.errors.length > 0) continue;
    const node = new Converter(reading, block, base + start).convert(first.contents);
    if (node.kind === 'map') entries.push(...node.entries);
  }
  if (entries.length === 0) return undefined;
  reading.half = true;
  const span = { start: base, end: base + text.length };
  return { kind: 'map', ...span, entries: onlyOnce(entries), incomplete: true };
}

/** From each key at the left edge to the next one. */
function topBlocks(text: string): Span[] {
  const starts = [...text.matchAll(/^[\w"'][^\n]*?:(?=\s|$)/gm)].map(({ index }) => index);
  return starts.map((start, place) => ({ start, end: starts[place + 1] ?? text.length }));
}

function onlyOnce(entries: readonly Entry[]): Entry[] {
  const keys = entries.map(({ key }) => key.text);
  return entries.filter(({ key }) => keys.indexOf(key.text) === keys.lastIndexOf(key.text));
}

/** Keys and items indented by what is no space: to YAML it is part of the word. */
function reportIndentation(reading: Reading, text: string, base: number): boolean {
  const found = oddIndentations(text).slice(0, MAX_SYNTAX_ERRORS);
  for (const at of found) {
    const odd = oddCharacter(text[at]!);
    if (odd) reading.reportOdd(odd, base + at);
  }
  return found.length > 0;
}

/**
 * The documents of the tokens. The parser makes an `Error` of every problem, and what takes its time is
 * recording where in our code that happened: 200,000 commas took 3 s with those stacks, 0.2 s without.
 */
function compose(tokens: CST.Token[], text: string): Document.Parsed[] {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    const options = {
      schema: 'failsafe',
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'silent',
    } as const;
    return [...new Composer(options).compose(tokens, true, text.length)] as Document.Parsed[];
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/** Lexes and parses to tokens; undefined when something outside the language or too deep was met and reported. */
function tokenize(reading: Reading, text: string, base: number): CST.Token[] | undefined {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let refused = false;
  let inScalar = false;
  for (const lexeme of new Lexer().lex(text)) {
    const type: string | null = inScalar ? 'content' : CST.tokenType(lexeme);
    inScalar = type === 'scalar';
    const start = base + parser.offset;
    const outside =
      type === null ? undefined : OUTSIDE[type.startsWith('directive') ? 'directive' : type];
    if (outside) {
      reading.error(
        'RK003',
        { start, end: start + lexeme.length },
        outside,
        'write the value out, or quote it if it is text',
      );
      refused = true;
    }
    tokens.push(...parser.next(lexeme));
    if (parser.stack.length > MAX_DEPTH) {
      reading.error(
        'RK010',
        { start, end: start + lexeme.length },
        `nested deeper than ${MAX_DEPTH} levels`,
        'use a segment for a part of the condition',
      );
      return undefined;
    }
  }
  tokens.push(...parser.end());
  return refused ? undefined : tokens;
}

/** Reports the first few errors, one a line; true when there are any. */
function reportSyntaxErrors(
  reading: Reading,
  document: Document.Parsed,
  text: string,
  base: number,
): boolean {
  if (document.errors.length === 0) return false;
  // An unquoted {{ is the likelier cause of whatever the parser makes of its line.
  const seen = new Set<number>();
  for (const braces of text.matchAll(/^([ \t]*(?:- +)*(?:[\w-]+: +)?)(\{\{.*)$/gm)) {
    if (seen.size >= MAX_SYNTAX_ERRORS) break;
    const start = base + braces.index + braces[1]!.length;
    reportBraces(reading, { start, end: start + braces[2]!.trimEnd().length });
    seen.add(reading.lines.position(base + braces.index).line);
  }
  const line = (offset: number): number => reading.lines.position(base + offset).line;
  let tabs = false;
  let explained = 0;
  for (const error of document.errors) {
    if (seen.size >= MAX_SYNTAX_ERRORS || explained >= MAX_EXPLAINED) break;
    // One slip makes several errors: where the parser met it, and where the author made it.
    const met = line(error.pos[0]);
    if (seen.has(met) || (tabs && error.code === 'TAB_AS_INDENT')) continue;
    explained++;
    const { code, start, end, message, help } = oddCause(error, text) ?? explainError(error, text);
    if (seen.has(line(start))) continue;
    tabs ||= error.code === 'TAB_AS_INDENT';
    seen.add(line(start)).add(met);
    reading.error(code, { start: base + start, end: base + end }, message, help);
  }
  return true;
}

function reportBraces(reading: Reading, at: Span): void {
  reading.error(
    'RK005',
    at,
    'an unquoted `{{` is a map to YAML',
    'quote a value that starts with {{: "{{…}}"',
  );
}

/** Nothing, `~` or `null`, unquoted. */
function isEmpty(node: unknown, text: string): boolean {
  if (node === null) return true;
  if (!isScalar(node) || node.type !== 'PLAIN' || !node.range) return false;
  return /^(?:~|null|Null|NULL)?$/.test(text.slice(node.range[0], node.range[1]));
}

class Converter {
  constructor(
    private readonly reading: Reading,
    private readonly text: string,
    private readonly base: number,
  ) {}

  convert(node: ParsedNode): Node {
    const span = this.span(node);
    if (isEmpty(node, this.text)) return this.empty(node);
    if (isSeq(node))
      return {
        kind: 'list',
        ...span,
        items: node.items.map((item) => this.convert(item)),
      };
    if (isMap(node)) return this.map(node, span);
    if (isScalar(node))
      return this.scalar(node.value, node.type === 'PLAIN', span) ?? { kind: 'broken', ...span };
    return { kind: 'broken', ...span };
  }

  private map(node: YAMLMap.Parsed, span: Span): Node {
    if (this.text.startsWith('{{', node.range[0])) {
      reportBraces(this.reading, span);
      return { kind: 'broken', ...span };
    }
    const entries: Entry[] = [];
    let incomplete = false;
    const first = new Map<string, TextNode>();
    for (const pair of node.items) {
      const entry = isPair(pair) ? this.entry(pair.key, pair.value) : undefined;
      if (!entry) {
        incomplete = true;
        continue;
      }
      const before = first.get(entry.key.text);
      if (before) {
        const { line } = this.reading.lines.position(before.start);
        this.reading.error(
          'RK002',
          entry.key,
          `\`${entry.key.text}\` is given twice`,
          `the first is on line ${line}; keep one`,
        );
        continue;
      }
      first.set(entry.key.text, entry.key);
      entries.push(entry);
    }
    return { kind: 'map', ...span, entries, incomplete };
  }

  private entry(keyNode: ParsedNode, valueNode: ParsedNode | null): Entry | undefined {
    const at = this.span(keyNode);
    if (!isScalar(keyNode) || isEmpty(keyNode, this.text)) {
      if (this.text.startsWith('{', keyNode.range[0])) reportBraces(this.reading, at);
      else
        this.reading.error('RK001', at, 'a key is a word', 'one word, then a colon and its value');
      return undefined;
    }
    const key = this.scalar(keyNode.value, keyNode.type === 'PLAIN', at);
    if (!key) return undefined;
    if (key.text === '<<')
      return this.reading.error(
        'RK003',
        key,
        'merge keys (`<<`) are not part of the language',
        'write the keys out',
      );
    if (key.text === '__proto__')
      return this.reading.error('RK106', key, '`__proto__` cannot be a name', 'take another word');
    const nothing = valueNode === null || isEmpty(valueNode, this.text);
    const odd = key.plain && nothing ? oddAfterColon(key.text) : null;
    if (odd) return this.reading.reportOdd(odd, key.start);
    const glued = key.plain ? /^([^\s:]+):(\S.*)$/.exec(key.text) : null;
    if (glued && nothing) {
      return this.reading.error(
        'RK006',
        key,
        `a space is missing after the colon of \`${glued[1]}:\``,
        `write ${glued[1]}: ${glued[2]}`,
      );
    }
    if (valueNode === null && this.isCutNumber(key)) return undefined;
    return {
      key,
      value: valueNode === null ? this.emptyAt(at, key.text) : this.value(valueNode, key),
    };
  }

  /** `{ at_least: 49,90 }`: between braces a comma ends the value. Reports it. */
  private isCutNumber(key: TextNode): boolean {
    const before = /-?\d[\d.]*,$/.exec(
      this.text.slice(Math.max(0, key.start - this.base - 40), key.start - this.base),
    );
    if (!before || !key.plain || !/^\d[\d.,]*$/.test(key.text)) return false;
    const written = `${before[0]}${key.text}`;
    const at = { start: key.start - before[0].length, end: key.end };
    this.reading.error('RK203', at, `${written} is not a number`, numberHelp(written));
    return true;
  }

  private value(node: ParsedNode, key: TextNode): Node {
    return isEmpty(node, this.text) ? this.empty(node, key) : this.convert(node);
  }

  private empty(node: ParsedNode, key?: TextNode): Node {
    return this.emptyAt(key ?? this.span(node), key?.text, node.range[1]);
  }

  private emptyAt(at: Span, key?: string, end?: number): Node {
    const comment = end === undefined ? null : commentAfter(this.text, end);
    const help =
      comment === null
        ? 'give it a value or remove the key'
        : `text that starts with # is a comment; quote it: ${quoted(comment.trim())}`;
    this.reading.error(
      'RK004',
      at,
      key === undefined ? 'an empty value' : `\`${key}\` has an empty value`,
      help,
    );
    return { kind: 'broken', start: at.start, end: at.end };
  }

  private scalar(value: unknown, plain: boolean, span: Span): TextNode | undefined {
    const text = String(value);
    if (/\0|\p{Cs}/u.test(text))
      return this.reading.error(
        'RK011',
        span,
        'NUL and half characters cannot be stored',
        'write the text again, without them',
      );
    const cut = plain ? commentAfter(this.text, span.end - this.base) : null;
    if (cut !== null && !/^\s+#(?:\s|$)/.test(cut)) warnOfCut(this.reading, span, text, cut);
    return { kind: 'text', ...span, text, plain };
  }

  private span(node: ParsedNode): Span {
    return { start: this.base + node.range[0], end: this.base + node.range[1] };
  }
}
