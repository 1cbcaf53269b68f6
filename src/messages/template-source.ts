/**
 * Messages, stage 4. In: the sources of one template variant. Out: one text with layout and partials put
 * in and every Handlebars expression replaced by an opaque token, plus the tokens with the author's file
 * and line. MJML and the HTML parser then never see Handlebars, so neither can mangle an expression, and
 * whatever one of them drops is noticed because its token is missing. Layout and partials are put in as
 * text, because MJML has to see the whole document.
 */

import { MAX_ASSEMBLED_CHARACTERS, MAX_NESTING, MAX_PARTS_DEPTH } from '../core/template-limits.js';
import { LineIndex } from '../language/syntax/line-index.js';

/** Where something stands in what the author wrote; `line` and `column` from 1. */
export interface TemplatePlace {
  /** `win-back/reminder.ru`, `layout`, `partial footer`. */
  part: string;
  line: number;
  column: number;
  /** Characters to mark. */
  length: number;
}

/** A template that cannot be compiled; the message names file and line and is meant for the author. */
export class TemplateError extends Error {
  constructor(
    message: string,
    readonly place: TemplatePlace | null = null,
  ) {
    super(message);
    this.name = 'TemplateError';
  }
}

/** One that is larger or deeper than `core/template-limits.ts` allows. */
export class TemplateLimitError extends TemplateError {}

/** `win-back/reminder.ru line 3`, as the send log says it. */
export function whereOf({ part, line }: TemplatePlace): string {
  return `${part} line ${line}`;
}

type TokenKind = 'output' | 'open' | 'else' | 'close';

/** One Handlebars expression of the sources. */
export interface Token {
  kind: TokenKind;
  /** As written, braces included. */
  source: string;
  /** `win-back/reminder.ru line 3`. */
  where: string;
  place: TemplatePlace;
}

export interface TokenSource {
  text: string;
  tokens: Token[];
}

/** A source put together, which still knows where each of its characters was written. */
export interface AssembledSource extends TokenSource {
  placeOf(offset: number, length: number): TemplatePlace;
}

/** An error about a token, at its place. */
export function tokenError({ where, place }: Token, text: string): TemplateError {
  return new TemplateError(`${where}: ${text}`, place);
}

/** One piece of source: a body, a layout, a partial, a subject. */
export interface SourcePart {
  /** What the author calls it: `win-back/reminder.ru`, `layout`, `partial footer`. */
  name: string;
  source: string;
  /** Line of the file on which `source` begins. */
  line: number;
}

const TOKEN = /rkq(\d+)qkr/gi;
const EXPRESSION =
  /\\?\{\{(?:!--[\s\S]*?--~?\}\}|![\s\S]*?\}\}|(?:"[^"]*"|'[^']*'|\[[^\]]*\]|[^"'[}]|\}(?!\}))*\}\}(?:\}{0,2}))/g;

/** The text that stands for token `index` until the expressions are put back. */
function tokenText(index: number): string {
  return `rkq${index}qkr`;
}

/** Indexes of the tokens in `text`, in order; a token may occur more than once. */
export function tokensIn(text: string): number[] {
  return [...text.matchAll(TOKEN)].map((match) => Number(match[1]));
}

/** Replaces every token in `text` by what `source` gives for it. */
export function replaceTokens(text: string, source: (index: number) => string): string {
  return text.replace(TOKEN, (_, index: string) => source(Number(index)));
}

/** A piece of the text put together: what stands there, and where it begins in its part. */
interface Piece {
  text: string;
  part: SourcePart;
  offset: number;
}

/** Puts layout, body and partials together and replaces expressions by tokens; throws `TemplateError`. */
export function readSource(
  body: SourcePart,
  layout: string | null,
  partials: Record<string, string>,
): AssembledSource {
  const top = layout === null ? body : { name: 'layout', source: layout, line: 1 };
  if (layout !== null && !/\{\{~?>\s*@body\s*~?\}\}/.test(layout)) {
    throw new TemplateError(
      `${body.name}: its layout has no {{> @body}}, so the mail would be empty`,
    );
  }
  const assembly = new Assembly(body, partials);
  assembly.read(top, { isLayout: layout !== null, depth: 0, from: assembly.placeIn(top, 0, 0) });
  const { pieces, tokens } = assembly;
  const starts: number[] = [];
  let text = '';
  for (const piece of pieces) {
    starts.push(text.length);
    text += piece.text;
  }
  const placeOf = (offset: number, length: number): TemplatePlace => {
    const index = Math.max(
      0,
      starts.findLastIndex((start) => start <= offset),
    );
    const piece = pieces[index];
    return piece
      ? assembly.placeIn(piece.part, piece.offset + offset - starts[index]!, length)
      : assembly.placeIn(body, 0, length);
  };
  checkBlocks(text, tokens);
  return { text, tokens, placeOf };
}

class Assembly {
  readonly pieces: Piece[] = [];
  readonly tokens: Token[] = [];
  private readonly lines = new Map<string, LineIndex>();
  private characters = 0;

  constructor(
    private readonly body: SourcePart,
    private readonly partials: Record<string, string>,
  ) {}

  placeIn({ name, source, line }: SourcePart, offset: number, length: number): TemplatePlace {
    const lines = this.lines.get(source) ?? new LineIndex(source);
    this.lines.set(source, lines);
    const position = lines.position(offset);
    return { part: name, line: line - 1 + position.line, column: position.column, length };
  }

  /** Reads a part and what it puts in; `from` is the place that asks for it. */
  read(
    part: SourcePart,
    { isLayout, depth, from }: { isLayout: boolean; depth: number; from: TemplatePlace },
  ): void {
    this.characters += part.source.length;
    if (depth > MAX_PARTS_DEPTH) {
      const text = `partials are nested more than ${MAX_PARTS_DEPTH} deep`;
      throw new TemplateLimitError(`${whereOf(from)}: ${text}`, from);
    }
    if (this.characters > MAX_ASSEMBLED_CHARACTERS) {
      const text = `with its partials the mail has more than ${MAX_ASSEMBLED_CHARACTERS} characters`;
      throw new TemplateLimitError(`${whereOf(from)}: ${text}`, from);
    }
    if (tokensIn(part.source).length > 0)
      throw new TemplateError(`${part.name}: the text rkq1qkr is reserved`);
    let end = 0;
    for (const { 0: source, index } of part.source.matchAll(EXPRESSION)) {
      this.pieces.push({ text: part.source.slice(end, index), part, offset: end });
      end = index + source.length;
      this.expression(source, part, index, { isLayout, depth });
    }
    this.pieces.push({ text: part.source.slice(end), part, offset: end });
  }

  private expression(
    source: string,
    part: SourcePart,
    offset: number,
    { isLayout, depth }: { isLayout: boolean; depth: number },
  ): void {
    const place = this.placeIn(part, offset, source.length);
    const where = whereOf(place);
    const kind = kindOf(source, place);
    if (kind === 'comment') return;
    if (kind !== 'partial') {
      const index = this.tokens.push({ kind, source, where, place }) - 1;
      this.pieces.push({ text: tokenText(index), part, offset });
      return;
    }
    const name = partialName(source, place);
    if (name === '@body') {
      if (!isLayout) throw new TemplateError(`${where}: {{> @body}} belongs into a layout`, place);
      return this.read(this.body, { isLayout: false, depth: depth + 1, from: place });
    }
    if (!Object.hasOwn(this.partials, name))
      throw new TemplateError(`${where}: there is no partial ${name}`, place);
    const partial = { name: `partial ${name}`, source: this.partials[name]!, line: 1 };
    return this.read(partial, { isLayout: false, depth: depth + 1, from: place });
  }
}

/**
 * Every block that opens closes, with its own name, and none is nested too deep; said here because
 * Handlebars would name a line of the compiled HTML, and its time grows with the cube of the depth.
 */
function checkBlocks(text: string, tokens: Token[]): void {
  /** Open blocks, each with the levels it adds: an `else if` is a block inside the `else`. */
  const open: { token: Token; levels: number }[] = [];
  let depth = 0;
  for (const index of tokensIn(text)) {
    const token = tokens[index]!;
    const inner = open.at(-1);
    if (token.kind === 'open') {
      open.push({ token, levels: 1 });
      depth++;
    } else if (token.kind === 'else') {
      if (!inner) throw tokenError(token, `${token.source} without a block`);
      if (!/^\{\{~?\s*else\s+\S/.test(token.source)) continue;
      inner.levels++;
      depth++;
    } else if (token.kind === 'close') {
      if (!inner) throw tokenError(token, `${token.source} closes nothing`);
      if (blockName(inner.token) !== blockName(token)) {
        const { source, where } = inner.token;
        throw tokenError(token, `${token.source} closes ${source} (${where})`);
      }
      open.pop();
      depth -= inner.levels;
    }
    if (depth > MAX_NESTING || bracketDepth(token.source) > MAX_NESTING) {
      const text = `Handlebars is nested deeper than ${MAX_NESTING} levels`;
      throw new TemplateLimitError(`${token.where}: ${text}`, token.place);
    }
  }
  if (open[0]) throw tokenError(open[0].token, `${open[0].token.source} is never closed`);
}

/** How deep sub-expressions are inside each other. */
function bracketDepth(source: string): number {
  let depth = 0;
  let deepest = 0;
  for (const bracket of source.match(/[()]/g) ?? []) {
    depth += bracket === '(' ? 1 : -1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

function blockName(token: Token): string {
  return /^\{\{~?\s*[#/]\s*([^\s~}]+)/.exec(token.source)?.[1] ?? '';
}

function kindOf(source: string, place: TemplatePlace): TokenKind | 'comment' | 'partial' {
  const where = whereOf(place);
  if (source.startsWith('\\'))
    throw new TemplateError(`${where}: an escaped \\{{ is not part of the language`, place);
  if (source.startsWith('{{{') || source.endsWith('}}}') || /^\{\{~?&/.test(source)) {
    throw new TemplateError(
      `${where}: ${source} would write data unescaped; use two braces`,
      place,
    );
  }
  const inner = source.replace(/^\{\{~?\s*/, '');
  if (inner.startsWith('!')) return 'comment';
  if (inner.startsWith('*') || inner.startsWith('#*') || inner.startsWith('#>')) {
    throw new TemplateError(`${where}: ${source} is not part of the language`, place);
  }
  if (inner.startsWith('>')) return 'partial';
  if (inner.startsWith('#')) return 'open';
  if (inner.startsWith('/')) return 'close';
  return /^(?:\^|else\b)/.test(inner) ? 'else' : 'output';
}

function partialName(source: string, place: TemplatePlace): string {
  const name = /^\{\{~?>\s*(@?[\w./-]+)\s*~?\}\}$/.exec(source)?.[1];
  if (!name)
    throw new TemplateError(
      `${whereOf(place)}: write {{> name}}; partials take no arguments`,
      place,
    );
  return name;
}
