/**
 * Messages, stage 4. In: the sources of one template variant. Out: one text with layout and partials put
 * in and every Handlebars expression replaced by an opaque token, plus the tokens with the author's file
 * and line. MJML and the HTML parser then never see Handlebars, so neither can mangle an expression, and
 * whatever one of them drops is noticed because its token is missing. Layout and partials are put in as
 * text, because MJML has to see the whole document.
 */

/** A template that cannot be compiled; the message names file and line and is meant for the author. */
export class TemplateError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TemplateError';
  }
}

type TokenKind = 'output' | 'open' | 'else' | 'close';

/** One Handlebars expression of the sources. */
export interface Token {
  kind: TokenKind;
  /** As written, braces included. */
  source: string;
  /** `win-back/reminder.ru line 3`. */
  where: string;
}

export interface TokenSource {
  text: string;
  tokens: Token[];
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
const MAX_DEPTH = 10;

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

/** Puts layout, body and partials together and replaces expressions by tokens; throws `TemplateError`. */
export function readSource(
  body: SourcePart,
  layout: string | null,
  partials: Record<string, string>,
): TokenSource {
  const tokens: Token[] = [];
  const readPart = (part: SourcePart, insideLayout: boolean, depth: number): string => {
    if (depth > MAX_DEPTH)
      throw new TemplateError(`${part.name}: partials are nested more than ${MAX_DEPTH} deep`);
    if (tokensIn(part.source).length > 0)
      throw new TemplateError(`${part.name}: the text rkq1qkr is reserved`);
    return part.source.replace(EXPRESSION, (source: string, offset: number) => {
      const where = `${part.name} line ${part.line + lineBreaks(part.source, offset)}`;
      const kind = kindOf(source, where);
      if (kind === 'comment') return '';
      if (kind !== 'partial') return tokenText(tokens.push({ kind, source, where }) - 1);
      const name = partialName(source, where);
      if (name === '@body') {
        if (!insideLayout) throw new TemplateError(`${where}: {{> @body}} belongs into a layout`);
        return readPart(body, false, depth + 1);
      }
      if (!Object.hasOwn(partials, name))
        throw new TemplateError(`${where}: there is no partial ${name}`);
      return readPart(
        { name: `partial ${name}`, source: partials[name]!, line: 1 },
        false,
        depth + 1,
      );
    });
  };
  if (layout === null) return checkBlocks({ text: readPart(body, false, 0), tokens });
  if (!/\{\{~?>\s*@body\s*~?\}\}/.test(layout)) {
    throw new TemplateError(
      `${body.name}: its layout has no {{> @body}}, so the mail would be empty`,
    );
  }
  return checkBlocks({
    text: readPart({ name: 'layout', source: layout, line: 1 }, true, 0),
    tokens,
  });
}

/** Every block that opens closes, with its own name; said here because Handlebars would name a line of the compiled HTML. */
function checkBlocks(source: TokenSource): TokenSource {
  const open: Token[] = [];
  for (const index of tokensIn(source.text)) {
    const token = source.tokens[index]!;
    if (token.kind === 'open') open.push(token);
    else if (token.kind === 'else' && open.length === 0)
      throw new TemplateError(`${token.where}: ${token.source} without a block`);
    else if (token.kind === 'close') {
      const opened = open.pop();
      if (!opened) throw new TemplateError(`${token.where}: ${token.source} closes nothing`);
      if (blockName(opened) !== blockName(token)) {
        throw new TemplateError(
          `${token.where}: ${token.source} closes ${opened.source} (${opened.where})`,
        );
      }
    }
  }
  if (open[0]) throw new TemplateError(`${open[0].where}: ${open[0].source} is never closed`);
  return source;
}

function blockName(token: Token): string {
  return /^\{\{~?\s*[#/]\s*([^\s~}]+)/.exec(token.source)?.[1] ?? '';
}

function kindOf(source: string, where: string): TokenKind | 'comment' | 'partial' {
  if (source.startsWith('\\'))
    throw new TemplateError(`${where}: an escaped \\{{ is not part of the language`);
  if (source.startsWith('{{{') || source.endsWith('}}}') || /^\{\{~?&/.test(source)) {
    throw new TemplateError(`${where}: ${source} would write data unescaped; use two braces`);
  }
  const inner = source.replace(/^\{\{~?\s*/, '');
  if (inner.startsWith('!')) return 'comment';
  if (inner.startsWith('*') || inner.startsWith('#*') || inner.startsWith('#>')) {
    throw new TemplateError(`${where}: ${source} is not part of the language`);
  }
  if (inner.startsWith('>')) return 'partial';
  if (inner.startsWith('#')) return 'open';
  if (inner.startsWith('/')) return 'close';
  return /^(?:\^|else\b)/.test(inner) ? 'else' : 'output';
}

function partialName(source: string, where: string): string {
  const name = /^\{\{~?>\s*(@?[\w./-]+)\s*~?\}\}$/.exec(source)?.[1];
  if (!name) throw new TemplateError(`${where}: write {{> name}}; partials take no arguments`);
  return name;
}

function lineBreaks(text: string, end: number): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1 && at < end; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
