/**
 * REST: what a route does not read would be ignored in silence. Bodies and queries that a route describes are checked field
 * by field (rest.ts); here those of routes that describe none: 422 that names the field or parameter.
 */
import {
  HttpException,
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { Observable } from 'rxjs';

@Injectable()
export class NothingElseInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const reads = readBy(context);
    // Whoever takes the request as it is reads what it wants of it.
    if (reads.has(RouteParamtypes.REQUEST)) return next.handle();
    const { body, query } = context.switchToHttp().getRequest<{ body: unknown; query: unknown }>();
    if (!reads.has(RouteParamtypes.BODY)) refuse(body, 'field');
    if (!reads.has(RouteParamtypes.QUERY)) refuse(query, 'parameter');
    return next.handle();
  }
}

/** What the handler has decorators for. */
function readBy(context: ExecutionContext): Set<number> {
  const args = (Reflect.getMetadata(
    ROUTE_ARGS_METADATA,
    context.getClass(),
    context.getHandler().name,
  ) ?? {}) as Record<string, unknown>;
  return new Set(Object.keys(args).map((key) => Number(key.split(':', 1)[0])));
}

function refuse(given: unknown, what: 'field' | 'parameter'): void {
  if (given === undefined || given === null) return;
  if (typeof given !== 'object' || Array.isArray(given))
    throw new HttpException('this takes no body', 422);
  const [name] = Object.keys(given);
  if (name === undefined) return;
  const problem = `there is no ${what} ${name.slice(0, 200)} here`;
  throw new HttpException(
    { message: problem, errors: [{ field: name.slice(0, 200), problem }] },
    422,
  );
}
