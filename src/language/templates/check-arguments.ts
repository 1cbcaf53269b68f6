/**
 * What helpers and blocks of a template are given. In: one call as the parser of templates read it. Out: how many values it has
 * that it does not take, named ones that it does not know, texts in quotes where a variable is meant; each with what to write. Pure.
 */
import {
  DATE_STYLES,
  HELPER_ARGUMENTS,
  PLURAL_FORMS,
  TEMPLATE_HELPERS,
  TEMPLATE_NAMESPACES,
  wrongCount,
} from '../../core/template-helpers.js';
import { nearest, orList } from '../words.js';

export interface ArgumentProblem {
  at: hbs.AST.SourceLocation;
  message: string;
  help: string;
}

/** A helper with what it is given; `isInner`: it stands in brackets, or in a block. */
export interface HelperCall {
  name: string;
  params: readonly hbs.AST.Expression[];
  hash: hbs.AST.Hash | undefined;
  isInner: boolean;
  loc: hbs.AST.SourceLocation;
}

type HelperName = (typeof TEMPLATE_HELPERS)[number];

/** Helpers whose values are tests: a text in quotes would be true for everybody. */
const TESTS: readonly string[] = ['and', 'or', 'not'];
const VARIABLE = new RegExp(`^(?:${TEMPLATE_NAMESPACES.join('|')})(?:\\.[\\w-]+)+$`);

/** The first problem of a call of a known helper, or null. */
export function wrongArguments(call: HelperCall): ArgumentProblem | null {
  const name = TEMPLATE_HELPERS.find((helper) => helper === call.name);
  if (name === undefined) return null;
  return wrongNames(name, call) ?? wrongValues(name, call);
}

/** `{{money entry.total currency="EUR"}}`: only the forms of `plural` have names. */
function wrongNames(name: HelperName, call: HelperCall): ArgumentProblem | null {
  for (const { key, value, loc } of call.hash?.pairs ?? []) {
    if (name === 'plural' && PLURAL_FORMS.includes(key)) continue;
    const near = name === 'plural' ? nearest(key, PLURAL_FORMS) : null;
    return {
      at: loc,
      message: `\`${name}\` takes no \`${key}=\``,
      help: near ? `did you mean ${near}=?` : `write ${written(name, call, [value])}`,
    };
  }
  return null;
}

function wrongValues(name: HelperName, call: HelperCall): ArgumentProblem | null {
  const { params, loc } = call;
  const wrong = wrongCount(name, params.length);
  if (wrong !== null)
    return { at: loc, message: `\`${name}\` ${wrong}`, help: `write ${written(name, call)}` };
  const asTest = TESTS.includes(name);
  for (const [index, param] of params.entries()) {
    const found = asTest || index === 0 ? quotedTest(param, asTest) : null;
    if (found) return found;
  }
  const style = params[1];
  if (name === 'date' && style && isText(style) && !DATE_STYLES.some((one) => one === style.value))
    return {
      at: style.loc,
      message: `\`date\` has no style \`${style.value}\``,
      help: `there are ${orList(DATE_STYLES.map((one) => `"${one}"`))}, each as the reader's language writes it`,
    };
  return null;
}

/** A variable, or where a test belongs any text, in quotes. `isTest`: it is asked whether it is true. */
function quotedTest(param: hbs.AST.Expression, isTest: boolean): ArgumentProblem | null {
  if (!isText(param)) return null;
  if (VARIABLE.test(param.value))
    return {
      at: param.loc,
      message: `\`"${param.value}"\` is the text between the quotes, not the variable`,
      help: `write ${param.value} without quotes`,
    };
  return isTest
    ? {
        at: param.loc,
        message: `\`"${param.value}"\` is a text, which is true for everybody`,
        help: 'name the variable: {{#if (eq profile.plan "pro")}}',
      }
    : null;
}

/** `{{#if a b}}`, `{{#each entry.items as item}}`, `{{#if "profile.plan"}}`; `name` is a known block. */
export function wrongBlock(
  name: string,
  { params, hash, loc, path }: hbs.AST.BlockStatement,
): ArgumentProblem | null {
  const [first, as, item] = params;
  if (name === 'each' && params.length === 3 && as && print(as) === 'as')
    return {
      at: { ...as.loc, end: item!.loc.end },
      message: 'the name of an item stands between two |',
      help: `write {{#each ${print(first!)} as |${print(item!)}|}}`,
    };
  if (params.length !== 1 || hash) {
    const subject = first ? print(first) : name === 'each' ? 'entry.items' : 'profile.plan';
    const equals = name !== 'each' && as && print(as) !== 'is' ? as : item;
    return {
      at: path.loc ?? loc,
      message: `\`{{#${name}}}\` takes one value`,
      help: equals
        ? `write {{#${name} (eq ${subject} ${print(equals)})}} to compare`
        : `write {{#${name} ${subject}}}`,
    };
  }
  return quotedTest(first!, true);
}

/** `{{profile}}`: all that is known, where one value of it is to be written. */
export function wholeNamespace(name: string, loc: hbs.AST.SourceLocation): ArgumentProblem | null {
  const example: Record<string, string> = {
    profile: 'profile.first_name',
    account: 'account.name',
    entry: 'entry.amount',
    with: 'with.offer',
  };
  if (!Object.hasOwn(example, name)) return null;
  return {
    at: loc,
    message: `\`${name}\` is a record of many values, not text`,
    help: `name one of them: {{${example[name]}}}`,
  };
}

/** The call as it is meant: what it has, completed or cut. */
function written(
  name: HelperName,
  { params, isInner }: HelperCall,
  named: readonly hbs.AST.Expression[] = [],
): string {
  const { least, most, first, rest } = HELPER_ARGUMENTS[name];
  const given = [...params, ...named].map(print);
  if (name === 'eq' && params.length > 2) {
    const [left, ...others] = given;
    return `(or ${others.map((right) => `(eq ${left} ${right})`).join(' ')})`;
  }
  if (name === 'not' && params.length > 1) return `(not (or ${given.join(' ')}))`;
  const kept = given.slice(0, most);
  const missing = kept.length === 0 ? [first, rest] : kept.length < least ? [rest] : [];
  const values = [...kept, ...missing, ...(name === 'plural' && kept.length > 0 ? [rest] : [])];
  const call = [name, ...values].filter((one) => one !== '').join(' ');
  return isInner ? `(${call})` : `{{${call}}}`;
}

function isText(expression: hbs.AST.Expression): expression is hbs.AST.StringLiteral {
  return expression.type === 'StringLiteral';
}

/** An expression as its author wrote it, blanks aside. */
function print(expression: hbs.AST.Expression): string {
  if (isText(expression)) return JSON.stringify(expression.value);
  if (expression.type !== 'SubExpression')
    return String((expression as hbs.AST.PathExpression | hbs.AST.NumberLiteral).original);
  const { path, params } = expression as hbs.AST.SubExpression;
  return `(${[path, ...params].map(print).join(' ')})`;
}
