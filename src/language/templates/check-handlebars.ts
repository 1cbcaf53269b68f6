/**
 * The Handlebars of one text: parses it, refuses what is not part of the language, and lists the partials
 * it names. What an expression then does is for `messages`; here it is about words and places.
 */
import Handlebars from 'handlebars';
import {
  TEMPLATE_BLOCKS,
  TEMPLATE_HELPERS,
  TEMPLATE_NAMESPACES,
} from '../../core/template-helpers.js';
import { MAX_NESTING, MAX_TEMPLATE_CHARACTERS } from '../../core/template-limits.js';
import type { Reading } from '../reading.js';
import type { Span } from '../syntax/nodes.js';
import { namespaceMeant } from '../foreign-words-in-paths.js';
import { oddInExpression } from '../odd-characters.js';
import { nearest, orList } from '../words.js';
import {
  wholeNamespace,
  wrongArguments,
  wrongBlock,
  type ArgumentProblem,
} from './check-arguments.js';
import { explainBraces } from './explain-braces.js';
import { reportOtherBraces } from './other-braces.js';

/** A text of the file: all of it stands at `start`, or (a scalar) somewhere inside `at`. */
export type HandlebarsText = { text: string; start: number } | { text: string; at: Span };

export interface PartialUse {
  name: string;
  at: Span;
}

/** Helpers that are given texts. */
const TAKE_TEXTS: readonly string[] = ['eq', 'default', 'plural'];
/** Helpers about values that may be missing. */
const LENIENT: readonly string[] = ['default', 'eq', 'not', 'and', 'or'];
const EXPRESSION = /\{\{(?:(?!\}\}|\{\{)[^])*\}\}/g;
const HELPERS: readonly string[] = TEMPLATE_HELPERS;
const BLOCKS: readonly string[] = TEMPLATE_BLOCKS;
const NAMESPACES: readonly string[] = TEMPLATE_NAMESPACES;

/** What a text puts in and what it reads. */
export interface HandlebarsUse {
  partials: PartialUse[];
  /** Variables that it cannot be written without, `entry.reason`: no default beside them, no `{{#if}}` around. */
  needs: string[];
  /** Everything that it reads, what it may do without too: where each stands first. */
  reads: Map<string, Span>;
}

/** Problems are reported. */
export function checkHandlebars(reading: Reading, source: HandlebarsText): HandlebarsUse {
  const none = { partials: [], needs: [], reads: new Map<string, Span>() };
  if (source.text.length > MAX_TEMPLATE_CHARACTERS) {
    reading.error(
      'RK010',
      { start: 0, end: 0 },
      `the file has ${source.text.length} characters; ${MAX_TEMPLATE_CHARACTERS} are allowed`,
      'mail programs cut mails above 100 KB',
    );
    return none;
  }
  const deep = tooDeep(source.text);
  if (deep !== null) {
    const at =
      'at' in source ? source.at : { start: source.start + deep, end: source.start + deep };
    reportDepth(reading, at);
    return none;
  }
  if (reportOddCharacter(reading, source)) return none;
  const place = placer(reading, source);
  const program = parse(reading, source);
  if (!program) return none;
  const walk = new Walk(reading, place);
  walk.program(program, { items: null, known: new Set() });
  return { partials: walk.partials, needs: [...walk.needs], reads: walk.reads };
}

function reportDepth(reading: Reading, at: Span): void {
  const help = 'move a part into a partial';
  reading.error('RK010', at, `nested deeper than ${MAX_NESTING} levels`, help);
}

/**
 * Where blocks (`else if` chains count) or brackets are nested deeper than allowed, else null. Counted
 * before parsing, because the parser's time grows with the cube of the depth: 4,000 blocks took 20 s.
 */
function tooDeep(text: string): number | null {
  const open: number[] = [];
  let depth = 0;
  for (const { index, 1: inner = '' } of text.matchAll(/\{\{~?((?:(?!\{\{)[^])*)/g)) {
    if (/^[#^]\s*\S/.test(inner)) {
      open.push(1);
      depth++;
    } else if (/^else\s+\S/.test(inner) && open.length > 0) {
      open[open.length - 1]!++;
      depth++;
    } else if (inner.startsWith('/')) depth -= open.pop() ?? 0;
    let brackets = 0;
    for (const bracket of inner.match(/[()]/g) ?? []) {
      brackets += bracket === '(' ? 1 : -1;
      if (brackets > MAX_NESTING) return index;
    }
    if (depth > MAX_NESTING) return index;
  }
  return null;
}

/** The first character of an expression that only looks right, outside of what stands in quotes; true when there is one. */
function reportOddCharacter(reading: Reading, source: HandlebarsText): boolean {
  for (const { 0: expression, index } of source.text.matchAll(EXPRESSION)) {
    if (expression.startsWith('{{!')) continue;
    const bare = expression.replace(/"[^"]*"|'[^']*'/g, (quoted) => ' '.repeat(quoted.length));
    const odd = oddInExpression(bare);
    if (!odd) continue;
    reading.reportOdd(odd, offsetOf(reading, source, expression, index));
    return true;
  }
  return false;
}

/** Where an expression stands in the file; in a scalar with escapes before it, the scalar's beginning. */
function offsetOf(
  reading: Reading,
  source: HandlebarsText,
  expression: string,
  index: number,
): number {
  if ('start' in source) return source.start + index;
  const found = reading.file.text.indexOf(expression, source.at.start);
  return found < 0 || found >= source.at.end ? source.at.start : found;
}

type Place = (loc: hbs.AST.SourceLocation) => Span;

function placer(reading: Reading, source: HandlebarsText): Place {
  if ('at' in source) return () => source.at;
  const { line } = reading.lines.position(source.start);
  return ({ start, end }) => ({
    start: reading.lines.offset(start.line + line - 1, start.column + 1),
    end: reading.lines.offset(end.line + line - 1, end.column + 1),
  });
}

function parse(reading: Reading, source: HandlebarsText): hbs.AST.Program | undefined {
  try {
    return Handlebars.parseWithoutProcessing(source.text);
  } catch {
    const { start, end, message, help } = explainBraces(source.text);
    const at =
      'at' in source ? source.at : { start: source.start + start, end: source.start + end };
    return reading.error('RK602', at, message, help);
  }
}

interface Scope {
  /** Inside `{{#each}}`, where names may be the item's: those that it is given there; any inside a block that there is not. */
  items: ReadonlySet<string> | 'any' | null;
  /** Variables that an `{{#if}}` around has found to be there. */
  known: ReadonlySet<string>;
}

class Walk {
  readonly partials: PartialUse[] = [];
  readonly needs = new Set<string>();
  readonly reads = new Map<string, Span>();

  constructor(
    private readonly reading: Reading,
    private readonly place: Place,
  ) {}

  program(program: hbs.AST.Program, scope: Scope): void {
    for (const statement of program.body) this.statement(statement, scope);
  }

  private statement(statement: hbs.AST.Statement, scope: Scope): void {
    switch (statement.type) {
      case 'ContentStatement':
        return reportOtherBraces(
          this.reading,
          (statement as hbs.AST.ContentStatement).value,
          this.place(statement.loc),
        );
      case 'CommentStatement':
        return;
      case 'MustacheStatement':
        return this.mustache(statement as hbs.AST.MustacheStatement, scope);
      case 'BlockStatement':
        return this.block(statement as hbs.AST.BlockStatement, scope);
      case 'PartialStatement':
        return this.partial(statement as hbs.AST.PartialStatement);
      default:
        this.reading.error(
          'RK604',
          this.place(statement.loc),
          '`{{#>` and `{{*` are not part of the language',
          'a file that is put in is {{> name}}; what is around a mail is a layout: layout: name on top',
        );
    }
  }

  private mustache(statement: hbs.AST.MustacheStatement, scope: Scope): void {
    if (!statement.escaped) {
      this.reading.error(
        'RK603',
        this.place(statement.loc),
        'this would put data into the mail unescaped',
        'use two braces: {{…}}',
      );
    }
    const all = wholeNamespace(nameOf(statement.path), statement.path.loc);
    if (all && statement.params.length === 0) this.report(all);
    else this.call(statement, scope);
  }

  private report({ at, message, help }: ArgumentProblem): void {
    this.reading.error('RK613', this.place(at), message, help);
  }

  private block(statement: hbs.AST.BlockStatement, scope: Scope): void {
    const name = nameOf(statement.path);
    if (!BLOCKS.includes(name)) {
      const near = nearest(name, BLOCKS);
      this.reading.error(
        'RK506',
        this.place(statement.path.loc),
        `there is no block \`{{#${name}}}\``,
        near
          ? `did you mean {{#${near}}}?`
          : `there are ${orList(BLOCKS.map((block) => `{{#${block}}}`))}`,
      );
    }
    const wrong = BLOCKS.includes(name) ? wrongBlock(name, statement) : null;
    if (wrong) this.report(wrong);
    else for (const param of statement.params) this.expression(param, scope, false);
    const items = itemsIn(statement, scope);
    const known = new Set([...scope.known, ...statement.params.flatMap(pathsKnown)]);
    const [found, otherwise] =
      name === 'unless'
        ? [
            { ...scope, items },
            { ...scope, known },
          ]
        : [{ items, known }, scope];
    this.program(statement.program, found);
    if (statement.inverse) this.program(statement.inverse, otherwise);
  }

  private partial(statement: hbs.AST.PartialStatement): void {
    const at = this.place(statement.loc);
    const name = nameOf(statement.name);
    if (name === '' || statement.params.length > 0 || statement.hash) {
      return this.reading.error(
        'RK604',
        at,
        'a partial has a name and no arguments',
        'write {{> name}}',
      );
    }
    this.partials.push({ name, at });
  }

  private call(
    { path, params, hash, type, loc }: hbs.AST.MustacheStatement | hbs.AST.SubExpression,
    scope: Scope,
    required = true,
  ): void {
    const name = nameOf(path);
    const arguments_ = [...params, ...(hash?.pairs ?? []).map((pair) => pair.value)];
    if (arguments_.length > 0 && !HELPERS.includes(name)) {
      const near = nearest(name, HELPERS);
      this.reading.error(
        'RK506',
        this.place(path.loc),
        `there is no helper \`${name}\``,
        near ? `did you mean ${near}?` : `there are ${orList(HELPERS)}`,
      );
    }
    if (arguments_.length === 0) this.expression(path, scope, required, undefined, type);
    else {
      const isInner = type === 'SubExpression';
      const wrong = wrongArguments({ name, params, hash, isInner, loc });
      if (wrong) this.report(wrong);
    }
    for (const argument of arguments_)
      this.expression(argument, scope, required && !LENIENT.includes(name), name);
  }

  /** `of`: the helper that it is given to; `as`: what it is called by, where it is a call of its own. */
  private expression(
    expression: hbs.AST.Expression,
    scope: Scope,
    required: boolean,
    of?: string,
    as?: 'MustacheStatement' | 'SubExpression',
  ): void {
    if (expression.type === 'SubExpression')
      return this.call(expression as hbs.AST.SubExpression, scope, required);
    if (expression.type !== 'PathExpression') return;
    const path = expression as hbs.AST.PathExpression;
    const first = path.original.split('.', 1)[0]!;
    if (NAMESPACES.includes(first)) this.read(path, required && !scope.known.has(path.original));
    // What stands in an item is `this.name`.
    if (scope.items === 'any' || scope.items?.has(path.original)) return;
    if (scope.items && (path.original.includes('.') || /^this\b/.test(path.original))) return;
    if (path.data || path.depth > 0 || NAMESPACES.includes(first)) return;
    if (HELPERS.includes(path.original)) {
      const call = { name: path.original, params: [], hash: undefined, loc: path.loc };
      const wrong = wrongArguments({ ...call, isInner: as !== 'MustacheStatement' });
      return wrong ? this.report(wrong) : undefined;
    }
    this.reading.error(
      'RK506',
      this.place(path.loc),
      `\`${path.original}\` is neither a variable nor a helper`,
      scope.items && of === undefined && nearest(path.original, HELPERS) === null
        ? `what stands in an item is written {{this.${path.original}}}`
        : helpForUnknown(path.original, of),
    );
  }

  private read({ original, loc }: hbs.AST.PathExpression, needed: boolean): void {
    if (needed) this.needs.add(original);
    if (!this.reads.has(original)) this.reads.set(original, this.place(loc));
  }
}

/** What was meant; `of`: the helper that it was given to. */
function helpForUnknown(written: string, of: string | undefined): string {
  const [first = '', ...rest] = written.split('.');
  const helper = of === undefined ? nearest(written, HELPERS) : null;
  if (helper !== null) return `did you mean ${helper}?`;
  const meant = namespaceMeant(first, NAMESPACES);
  if (meant !== null && rest.length > 0) return `did you mean ${[meant, ...rest].join('.')}?`;
  if (of !== undefined && TAKE_TEXTS.includes(of) && rest.length === 0)
    return `put quotes round a text: "${written}"; variables begin with ${orList(NAMESPACES)}`;
  if (['now', 'today'].includes(first.toLowerCase()))
    return 'a template has no clock: let the campaign say the date, in with:, or name a trait that holds it';
  return meant !== null
    ? `did you mean ${meant}?`
    : `variables begin with ${orList(NAMESPACES)}: {{profile.${[first, ...rest].at(-1)!}}}`;
}

function itemsIn({ path, program }: hbs.AST.BlockStatement, { items }: Scope): Scope['items'] {
  const name = nameOf(path);
  if (items === 'any' || !BLOCKS.includes(name)) return 'any';
  return name === 'each' ? new Set([...(items ?? []), ...(program.blockParams ?? [])]) : items;
}

/** Variables that are there where a test is true: the tested one, all of `and`, what `eq` compares. */
function pathsKnown(test: hbs.AST.Expression): string[] {
  if (test.type === 'PathExpression') return [(test as hbs.AST.PathExpression).original];
  if (test.type !== 'SubExpression') return [];
  const { path, params } = test as hbs.AST.SubExpression;
  return ['and', 'eq'].includes(nameOf(path)) ? params.flatMap(pathsKnown) : [];
}

function nameOf(expression: hbs.AST.Expression): string {
  return expression.type === 'PathExpression'
    ? (expression as hbs.AST.PathExpression).original
    : '';
}
