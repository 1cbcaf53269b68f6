/**
 * Messages, stage 4: how a template reads data. In: the five namespaces of one message as plain JSON. Out:
 * leaves, found by own properties only, and the record of what was read (`variables`), with which the same
 * mail can be rendered again. Also keeps the budget that bounds time and size of a render.
 */
import type Handlebars from 'handlebars';
import { safeUrl } from './check-html.js';
import type { Scalar } from '../language/definitions.js';

/** One mention of a variable in a template. */
export interface VariableRead {
  path: string[];
  /** As written: `profile.first_name`. */
  variable: string;
  where: string;
  /** A missing value fails the message; otherwise it is undefined. */
  required: boolean;
  fallback: Scalar | null;
  /** What `{{default …}}` around it writes instead, where that is known. */
  instead?: Scalar;
}

/** What a message failed on; `variable` and `where` are for the send log. */
export interface RenderProblem {
  message: string;
  where: string;
  variable?: string;
}

/** An expected no while rendering; becomes `failed_render`. */
export class RenderFailure extends Error {
  constructor(readonly problem: RenderProblem) {
    super(problem.message);
    this.name = 'RenderFailure';
  }
}

/** Everything one render needs and leaves behind. */
export interface RenderState {
  /** Where variables come from: the namespaces, or `variables` of an earlier render. */
  source: (path: string[]) => unknown;
  locale: string;
  zone: string;
  marketing: boolean;
  projectName: string;
  postalAddress: string | null;
  links: { unsubscribe: string | null };
  /** Values read, by variable path. */
  variables: Record<string, unknown>;
  /** Variables without a value, and their default; null: they have none. */
  missing: Record<string, Scalar | null>;
  /** Helpers that must have been shown: unsubscribe_url, postal_address. */
  shown: Set<string>;
  /** Operations and characters still allowed. */
  budget: { operations: number; characters: number };
}

/** A render that needs more is a mistake: 300 items in three nested {{#each}} are 27 million. */
export const MAX_OPERATIONS = 20_000;
/** Characters of html or text; Gmail cuts at 102 KB, so this is generous. */
export const MAX_CHARACTERS = 500_000;
/** Characters of one written value; a name or a text block of a mail has far fewer. */
const MAX_VALUE_CHARACTERS = 10_000;

/** Takes `operations` from the budget and fails the message when it is used up. */
export function spend(state: RenderState, characters: number, where: string): void {
  state.budget.operations -= 1;
  state.budget.characters -= characters;
  if (state.budget.operations < 0)
    throw new RenderFailure({ where, message: `more than ${MAX_OPERATIONS} steps to render` });
  if (state.budget.characters < 0)
    throw new RenderFailure({ where, message: `more than ${MAX_CHARACTERS} characters` });
}

/** The value at `path` by own properties of plain records and list positions; undefined where there is none. */
export function valueAt(root: unknown, path: string[]): unknown {
  let value = root;
  for (const part of path) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, part))
      return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}

/** A missing value: absent, null, or text without a visible character ("Hi ," is never sent). */
export function isMissing(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    (typeof value === 'string' && /^[\s\p{Cf}]*$/u.test(value))
  );
}

interface Frame {
  data: { render: RenderState; reads: VariableRead[] };
}

/** Registers the internal helpers that `compile-expressions.ts` writes into templates. */
export function registerReaders(handlebars: typeof Handlebars): void {
  handlebars.registerHelper('$read', (index: number, { data }: Frame) => {
    const read = data.reads[index]!;
    const value = data.render.source(read.path);
    if (isMissing(value)) return missing(read, data.render);
    data.render.variables[read.variable] = value;
    return present(value, read, data.render);
  });
  handlebars.registerHelper('$item', (item: unknown, index: number, { data }: Frame) => {
    const read = data.reads[index]!;
    const value = valueAt(item, read.path);
    return isMissing(value) ? missing(read, data.render) : present(value, read, data.render);
  });
  const write = (value: unknown, where: string, variable: string, { data }: Frame) => {
    const text = leafText(value, where, variable);
    spend(data.render, text.length, where);
    return text;
  };
  handlebars.registerHelper('$write', write);
  handlebars.registerHelper(
    '$link',
    (value: unknown, where: string, variable: string, frame: Frame) => {
      const url = write(value, where, variable, frame);
      if (!safeUrl(url)) {
        throw new RenderFailure({
          where,
          message: `a link must begin with https://, http://, mailto: or tel:, this one is "${url.slice(0, 80)}"`,
        });
      }
      return url;
    },
  );
}

function missing(read: VariableRead, state: RenderState): Scalar | undefined {
  spend(state, 0, read.where);
  state.missing[read.variable] ??= read.fallback ?? read.instead ?? null;
  if (read.fallback !== null) return read.fallback;
  if (!read.required) return undefined;
  throw new RenderFailure({
    where: read.where,
    variable: read.variable,
    message: `${read.variable} has no value and no default`,
  });
}

/** A value that is written or given to a helper is a leaf; only {{#each}} and tests take lists and records. */
function present(value: unknown, read: VariableRead, state: RenderState): unknown {
  spend(state, 0, read.where);
  if (!read.required || typeof value !== 'object') return value;
  throw new RenderFailure({
    where: read.where,
    variable: read.variable,
    message: `${read.variable} is ${Array.isArray(value) ? 'a list' : 'a record'}, not text`,
  });
}

/** What turns the direction of the text that follows: data could make the rest of a mail read as something else. */
export const TURNING = /[\u202a-\u202e\u2066-\u2069]+/g;

/** `variable` as the author wrote it, empty when the expression has none. */
function leafText(value: unknown, where: string, variable: string): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const named = variable === '' ? {} : { variable };
  if (typeof value !== 'string') {
    throw new RenderFailure({
      where,
      ...named,
      message: `${JSON.stringify(value) ?? 'nothing'} stands where text is expected`.slice(0, 200),
    });
  }
  if (value.length <= MAX_VALUE_CHARACTERS) return value.replace(TURNING, '');
  throw new RenderFailure({
    where,
    ...named,
    message: `${variable || 'a value'} has more than ${MAX_VALUE_CHARACTERS} characters`,
  });
}
