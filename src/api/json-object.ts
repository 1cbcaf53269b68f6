/**
 * A field that holds any JSON object: traits, properties, entry data. class-transformer would copy it, leave out or
 * stumble over names such as `constructor`; so it is taken out before and put back as it came. Outside such a field it would
 * drop these names in silence: there they are refused, as every name that nobody reads.
 */
import { HttpException, ValidationPipe, type ArgumentMetadata } from '@nestjs/common';
import { IsObject } from 'class-validator';

const FIELDS = Symbol('JSON object fields');

type Fields = Record<string, unknown>;

const DROPPED = new Set(['__proto__', 'constructor']);
/** No body that is described has as many levels. */
const DEEPEST = 32;

/** Marks the field, and requires an object. */
export function JsonObjectField(): PropertyDecorator {
  return (target, key) => {
    const before = (Reflect.getMetadata(FIELDS, target) ?? []) as (string | symbol)[];
    Reflect.defineMetadata(FIELDS, [...before, key], target);
    IsObject()(target, key);
  };
}

/** Nest's pipe, past which those fields go. */
export class FieldsPipe extends ValidationPipe {
  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type !== 'body') return super.transform(value, metadata);
    checkIsObject(value);
    const kept = takeOut(value, metadata.metatype?.prototype as object | undefined);
    const rest = withoutNulls(kept === null ? value : kept.rest);
    const dropped = findDropped(rest);
    if (dropped !== null) throw new HttpException(`there is no field ${dropped} here`, 422);
    const checked = (await super.transform(rest, metadata)) as object;
    return kept === null ? checked : Object.assign(checked, kept.fields);
  }
}

/** A list has no fields, and would be taken for a body without any. */
function checkIsObject(value: unknown): void {
  if (value === undefined || value === null || isObject(value)) return;
  const found = Array.isArray(value) ? 'a list' : `a ${typeof value}`;
  throw new HttpException(`the body must be a JSON object, this one is ${found}`, 422);
}

/** Many clients write null for what they do not say: a described field that is null is not there. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value as Fields).flatMap(([name, inner]) =>
      inner === null ? [] : [[name, withoutNulls(inner)] as const],
    ),
  );
}

function takeOut(
  value: unknown,
  prototype: object | undefined,
): { rest: Fields; fields: Fields } | null {
  const names = prototype && (Reflect.getMetadata(FIELDS, prototype) as string[] | undefined);
  if (!names || typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const given = value as Fields;
  const fields: Fields = {};
  for (const name of names)
    if (Object.hasOwn(given, name) && isObject(given[name])) fields[name] = given[name];
  const empty = Object.fromEntries(Object.keys(fields).map((name) => [name, {}]));
  return { rest: { ...given, ...empty }, fields };
}

/** The first name in `value` that class-transformer skips. */
function findDropped(value: unknown, depth = 0): string | null {
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return null;
  for (const [name, inner] of Object.entries(value)) {
    const dropped = DROPPED.has(name) ? name : findDropped(inner, depth + 1);
    if (dropped !== null) return dropped;
  }
  return null;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
