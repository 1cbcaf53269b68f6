/**
 * Messages, stage 4. In: Handlebars text whose expressions carry their origin. Out: a function from a
 * `RenderState` to text. Every expression is rewritten before Handlebars compiles it: a variable becomes
 * a call of our own reader, and what is neither a known helper nor a variable of the five namespaces is
 * refused. So Handlebars never touches user data (its context is empty): no prototypes to reach, a field
 * named `if` is only a field, and a missing value is noticed with its name and line.
 */
import Handlebars from 'handlebars';
import { TEMPLATE_HELPERS, TEMPLATE_NAMESPACES } from '../core/template-helpers.js';
import type { Scalar } from '../language/definitions.js';
import { BLOCKS, HELPERS, checkPluralForms, whole } from './template-helpers.js';
import { type RenderState, type VariableRead, registerReaders } from './template-reads.js';
import { TemplateError } from './template-source.js';

export type RenderText = (state: RenderState) => string;

export interface CompileOptions {
  /** False for subject and text part. */
  escape: boolean;
  /** Fallbacks by variable path. */
  defaults: Record<string, Scalar>;
  /** Language of the variant, for the plural forms it needs; null = not known yet. */
  language: string | null;
  /** Which namespaces and helpers it uses are added here. */
  uses: Set<string>;
}

/** An expression put back into the text, by its position there. */
export interface Placed {
  line: number;
  column: number;
  where: string;
  /** A link begins with it: its scheme is checked when rendered. */
  startsLink: boolean;
}

type Expression = hbs.AST.Expression;
type Scope = { locals: Set<string>; insideEach: boolean };

const NAMESPACES: ReadonlySet<string> = new Set(TEMPLATE_NAMESPACES);
const DATA_VARIABLES = new Set(['index', 'first', 'last']);

const handlebars = Handlebars.create();
for (const name of Object.keys(handlebars.helpers)) handlebars.unregisterHelper(name);
for (const name of TEMPLATE_HELPERS) handlebars.registerHelper(name, whole(name));
for (const [name, block] of Object.entries(BLOCKS))
  handlebars.registerHelper(name, block as Handlebars.HelperDelegate);
registerReaders(handlebars);
const knownHelpers = Object.fromEntries(
  Object.keys(handlebars.helpers).map((name) => [name, true]),
);

/** Compiles `text`; throws `TemplateError` naming the author's file and line. `name` is for messages only. */
export function compileExpressions(
  text: string,
  name: string,
  placed: Placed[],
  options: CompileOptions,
): RenderText {
  const reads: VariableRead[] = [];
  const program = parse(text, name);
  new Rewriter(name, placed, reads, options).program(program, {
    locals: new Set(),
    insideEach: false,
  });
  const template = handlebars.compile(program, {
    knownHelpers,
    knownHelpersOnly: true,
    noEscape: !options.escape,
    preventIndent: true,
  });
  const empty = Object.freeze(Object.create(null) as object);
  return (state) => template(empty, { data: { render: state, reads } });
}

function parse(text: string, name: string): hbs.AST.Program {
  try {
    return handlebars.parse(text);
  } catch (error) {
    throw new TemplateError(`${name}: ${(error as Error).message.replace(/\n/g, ' ')}`);
  }
}

/** Turns the author's expressions into calls of our helpers, in place. */
class Rewriter {
  private readonly origins: Map<string, Placed>;

  constructor(
    private readonly name: string,
    placed: Placed[],
    private readonly reads: VariableRead[],
    private readonly options: CompileOptions,
  ) {
    this.origins = new Map(placed.map((one) => [`${one.line}:${one.column}`, one]));
  }

  program(program: hbs.AST.Program, scope: Scope): void {
    for (const statement of program.body) this.statement(statement, scope);
  }

  private statement(statement: hbs.AST.Statement, scope: Scope): void {
    if (statement.type === 'ContentStatement' || statement.type === 'CommentStatement') return;
    if (statement.type === 'MustacheStatement')
      return this.mustache(statement as hbs.AST.MustacheStatement, scope);
    if (statement.type === 'BlockStatement')
      return this.block(statement as hbs.AST.BlockStatement, scope);
    throw new TemplateError(`${this.name}: ${statement.type} is not part of the language`);
  }

  private mustache(statement: hbs.AST.MustacheStatement, scope: Scope): void {
    const origin = this.origins.get(`${statement.loc.start.line}:${statement.loc.start.column}`);
    const where = origin?.where ?? this.name;
    // Before the call is rewritten: what a value that cannot be written is called.
    const variable = firstVariable(statement);
    const value = this.call(statement, scope, where, true);
    const writer = origin?.startsLink ? '$link' : '$write';
    statement.path = path(writer, statement.loc);
    statement.params = [value, text(where, statement.loc), text(variable, statement.loc)];
    statement.hash = undefined as unknown as hbs.AST.Hash;
  }

  private block(statement: hbs.AST.BlockStatement, scope: Scope): void {
    const where =
      this.origins.get(`${statement.loc.start.line}:${statement.loc.start.column}`)?.where ??
      this.name;
    const name = statement.path.original;
    if (!Object.hasOwn(BLOCKS, name))
      throw new TemplateError(
        `${where}: there is no block {{#${name}}}; there are ${list(BLOCKS)}`,
      );
    if (statement.params.length !== 1)
      throw new TemplateError(`${where}: {{#${name}}} takes one value`);
    statement.params = statement.params.map((param) => this.value(param, scope, where, false));
    // An `else if` chain arrives as a nested block at the same place, so it has the same origin.
    const params = statement.program.blockParams ?? [];
    for (const param of params) {
      if (NAMESPACES.has(param) || Object.hasOwn(HELPERS, param))
        throw new TemplateError(`${where}: ${param} already means something else`);
    }
    const inner =
      name === 'each' ? { locals: new Set([...scope.locals, ...params]), insideEach: true } : scope;
    this.program(statement.program, inner);
    if (statement.inverse) this.program(statement.inverse, scope);
  }

  /** A helper with its arguments, or a variable. `required`: a missing value fails the message. */
  private call(
    call: {
      path: Expression;
      params: Expression[];
      hash?: hbs.AST.Hash;
      loc: hbs.AST.SourceLocation;
    },
    scope: Scope,
    where: string,
    required: boolean,
  ): Expression {
    const name =
      call.path.type === 'PathExpression' ? (call.path as hbs.AST.PathExpression).original : '';
    if (Object.hasOwn(HELPERS, name)) return this.helper(name, call, scope, where);
    if (call.params.length > 0 || call.hash) {
      throw new TemplateError(`${where}: there is no helper ${name}; there are ${list(HELPERS)}`);
    }
    return this.value(call.path, scope, where, required);
  }

  private helper(
    name: string,
    call: { params: Expression[]; hash?: hbs.AST.Hash; loc: hbs.AST.SourceLocation },
    scope: Scope,
    where: string,
  ): Expression {
    this.options.uses.add(name);
    // `default`, `eq` and the like are about values that may be missing.
    const required = !['default', 'eq', 'not', 'and', 'or'].includes(name);
    const before = this.reads.length;
    const params = call.params.map((param) => this.value(param, scope, where, required));
    const pairs = (call.hash?.pairs ?? []).map((pair) => ({
      ...pair,
      value: this.value(pair.value, scope, where, required),
    }));
    if (name === 'plural') this.plural(pairs, where);
    const [subject, instead] = call.params;
    const first = this.reads[before];
    if (name === 'default' && first && subject?.type === 'PathExpression' && isLiteral(instead))
      first.instead = instead.value;
    return {
      type: 'SubExpression',
      path: path(name, call.loc),
      params: [text(where, call.loc), ...params],
      hash: { type: 'Hash', pairs, loc: call.loc },
      loc: call.loc,
    } as hbs.AST.SubExpression;
  }

  private plural(pairs: hbs.AST.HashPair[], where: string): void {
    const problem = checkPluralForms(
      pairs.map((pair) => pair.key),
      this.options.language,
    );
    if (problem) throw new TemplateError(`${where}: ${problem}`);
  }

  private value(
    expression: Expression,
    scope: Scope,
    where: string,
    required: boolean,
  ): Expression {
    if (expression.type === 'SubExpression')
      return this.call(expression as hbs.AST.SubExpression, scope, where, required);
    if (expression.type !== 'PathExpression') return expression;
    const variable = expression as hbs.AST.PathExpression;
    const parts = variable.parts.filter((part): part is string => typeof part === 'string');
    if (variable.data) {
      if (scope.insideEach && parts.length === 1 && DATA_VARIABLES.has(parts[0]!)) return variable;
      throw new TemplateError(
        `${where}: there is no ${variable.original}; inside {{#each}} there are @index, @first and @last`,
      );
    }
    if (variable.depth > 0)
      throw new TemplateError(
        `${where}: ${variable.original}: "../" is not needed, profile and the others can be read everywhere`,
      );
    const local = scope.locals.has(parts[0] ?? '');
    if (local || /^(?:this\b|\.)/.test(variable.original)) {
      if (!scope.insideEach)
        throw new TemplateError(
          `${where}: ${variable.original} means something only inside {{#each}}`,
        );
      const rest = local ? parts.slice(1) : parts;
      const item = {
        ...variable,
        parts: local ? parts.slice(0, 1) : [],
        original: local ? parts[0]! : 'this',
      };
      return this.read(
        '$item',
        [item],
        { path: rest, variable: variable.original, where, required },
        variable.loc,
      );
    }
    if (Object.hasOwn(HELPERS, variable.original))
      return this.helper(variable.original, { params: [], loc: variable.loc }, scope, where);
    if (!NAMESPACES.has(parts[0] ?? ''))
      throw new TemplateError(`${where}: ${unknownVariable(variable.original)}`);
    this.options.uses.add(parts.join('.'));
    return this.read(
      '$read',
      [],
      { path: parts, variable: parts.join('.'), where, required },
      variable.loc,
    );
  }

  private read(
    reader: string,
    first: Expression[],
    read: Omit<VariableRead, 'fallback'>,
    loc: hbs.AST.SourceLocation,
  ): Expression {
    const { defaults } = this.options;
    const fallback = Object.hasOwn(defaults, read.variable) ? defaults[read.variable]! : null;
    const index = this.reads.push({ ...read, fallback }) - 1;
    const number = {
      type: 'NumberLiteral',
      value: index,
      original: index,
      loc,
    } as hbs.AST.NumberLiteral;
    return {
      type: 'SubExpression',
      path: path(reader, loc),
      params: [...first, number],
      hash: undefined,
      loc,
    } as unknown as Expression;
  }
}

function path(name: string, loc: hbs.AST.SourceLocation): hbs.AST.PathExpression {
  return {
    type: 'PathExpression',
    data: false,
    depth: 0,
    parts: [name],
    original: name,
    loc,
  } as unknown as hbs.AST.PathExpression;
}

function isLiteral(
  expression: Expression | undefined,
): expression is hbs.AST.StringLiteral | hbs.AST.NumberLiteral | hbs.AST.BooleanLiteral {
  return /^(?:String|Number|Boolean)Literal$/.test(expression?.type ?? '');
}

/** The first variable of an expression as written, `profile.bio` of `{{truncate profile.bio 9}}`; else empty. */
function firstVariable({ path: head, params }: { path: Expression; params: Expression[] }): string {
  for (const one of [head, ...params]) {
    if (one.type === 'SubExpression') {
      const found = firstVariable(one as hbs.AST.SubExpression);
      if (found !== '') return found;
    } else if (one.type === 'PathExpression') {
      const { original } = one as hbs.AST.PathExpression;
      if (!Object.hasOwn(HELPERS, original)) return original;
    }
  }
  return '';
}

function text(value: string, loc: hbs.AST.SourceLocation): hbs.AST.StringLiteral {
  return { type: 'StringLiteral', value, original: value, loc };
}

function list(table: Record<string, unknown>): string {
  return Object.keys(table).join(', ');
}

function unknownVariable(name: string): string {
  return `${name} is neither a helper nor a variable; variables begin with ${[...NAMESPACES].join(', ')} (profile.${name}?)`;
}
