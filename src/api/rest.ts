/**
 * What every REST controller shares: its place under /api/v1, the door (authorize.ts), bodies and queries checked
 * before a route sees them, and the same three lines in the OpenAPI document.
 */
import {
  applyDecorators,
  Controller,
  HttpException,
  UseGuards,
  UseInterceptors,
  UsePipes,
  type PipeTransform,
  type ValidationError,
} from '@nestjs/common';
import { ApiBasicAuth, ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { checkValue } from '../ingest/check-value.js';
import { AuthorizeGuard } from './authorize.js';
import { IdempotencyInterceptor } from './idempotency.js';
import { FieldsPipe } from './json-object.js';
import { NothingElseInterceptor } from './nothing-else.js';

/**
 * A controller at `/api/v1/<path>`, listed under `tag`. `bodies: 'any'` = it has limits of its own, and its texts are
 * checked where they are read.
 */
export function Rest(
  path: string,
  tag: string,
  { bodies = 'storable' }: { bodies?: 'storable' | 'any' } = {},
): ClassDecorator {
  return applyDecorators(
    Controller(`api/v1/${path}`),
    UseGuards(AuthorizeGuard),
    UseInterceptors(NothingElseInterceptor, IdempotencyInterceptor),
    UsePipes(new StorablePipe(bodies === 'storable' ? ['body', 'query'] : ['query']), validation),
    ApiTags(tag),
    ApiBearerAuth(),
    ApiBasicAuth(),
  );
}

/** The part of Fastify's reply that routes use. */
export interface Reply {
  status(code: number): unknown;
}

/** NUL, lone surrogates, depth and size (security.md), before anything looks at a field. */
class StorablePipe implements PipeTransform {
  constructor(private readonly parts: readonly string[]) {}

  transform(value: unknown, { type }: { type: string }): unknown {
    const problem = this.parts.includes(type) ? checkValue(value) : null;
    if (problem) throw new HttpException({ message: problem.detail, code: problem.code }, 422);
    return value;
  }
}

const validation = new FieldsPipe({
  transform: true,
  // A field that nobody reads would be ignored in silence.
  whitelist: true,
  forbidNonWhitelisted: true,
  exceptionFactory: (errors) => {
    const fields = errors.flatMap((error) => flatten(error, ''));
    const detail = fields.map(({ problem }) => problem).join('; ');
    return new HttpException({ message: detail, errors: fields }, 422);
  },
});

function flatten(error: ValidationError, parent: string): { field: string; problem: string }[] {
  const field = parent + error.property;
  const own = problemsOf(error).map((problem) => ({ field, problem }));
  return [...own, ...(error.children ?? []).flatMap((child) => flatten(child, `${field}.`))];
}

/** What a value is comes before how large or long it may be; of other rules the first that is written down. */
const TYPES = ['isInt', 'isString', 'isBoolean', 'isArray', 'isObject'];

/** What is not there has no length and no form: whoever left it out is told that, and not which rule it breaks. */
function problemsOf({ property, value, constraints = {} }: ValidationError): string[] {
  if ('whitelistValidation' in constraints) return [`there is no field ${property} here`];
  if (value === undefined && Object.keys(constraints).length > 0) return [`${property} is missing`];
  const type = TYPES.find((name) => name in constraints);
  // Decorators are kept from the last to the first.
  const said = type === undefined ? Object.values(constraints).at(-1) : constraints[type];
  return said === undefined ? [] : [said];
}
