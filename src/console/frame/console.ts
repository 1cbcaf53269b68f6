/**
 * What every controller of the console shares: its place under /console, the door, and how answers and errors are
 * written down. `@For` (door/for.ts) says who may use a route; one that says nothing is closed.
 */
import {
  applyDecorators,
  Controller,
  createParamDecorator,
  HttpException,
  UseFilters,
  UseGuards,
  UseInterceptors,
  type ExecutionContext,
} from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { z } from 'zod';
import { DoorGuard } from '../door/door.guard.js';
import { ErrorPageFilter } from './error-page.filter.js';
import { PageInterceptor } from './page.interceptor.js';
import type { ConsoleRequest } from './request.js';

/** A controller at `/console/<path>`. */
export function Console(path = ''): ClassDecorator {
  return applyDecorators(
    Controller(`console/${path}`),
    ApiExcludeController(),
    UseGuards(DoorGuard),
    UseInterceptors(PageInterceptor),
    UseFilters(ErrorPageFilter),
  );
}

/** Who asks, as a parameter of a route. */
export const Asking = createParamDecorator(
  (_: unknown, context: ExecutionContext) =>
    context.switchToHttp().getRequest<ConsoleRequest>().visitor,
);

/**
 * A form or query as `schema` has it; fields it does not name are dropped (forms carry their token). Throws 422 with
 * the first thing that is wrong.
 */
export function read<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw new HttpException(`${path.join('.')}: ${message}`, 422);
}

/** A text field; what people leave empty is not there. */
export function optionalText(most: number): z.ZodType<string | undefined> {
  return z
    .string()
    .max(most)
    .transform((text) => text.trim() || undefined)
    .optional();
}

/** A number of ours in the address; 404 for what is none. */
export function readId(text: string): number {
  const id = Number(text);
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(id))
    throw new HttpException('there is no such page', 404);
  return id;
}
