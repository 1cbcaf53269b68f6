/**
 * A field that holds any JSON object: traits, properties, entry data. class-transformer would copy it, leave out or
 * stumble over names such as `constructor`; so it is taken out before and put back as it came.
 */
import { ValidationPipe, type ArgumentMetadata } from '@nestjs/common';
import { IsObject } from 'class-validator';

const FIELDS = Symbol('JSON object fields');

type Fields = Record<string, unknown>;

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
    const kept = takeOut(value, metadata.metatype?.prototype as object | undefined);
    if (kept === null) return super.transform(value, metadata);
    const checked = (await super.transform(kept.rest, metadata)) as object;
    return Object.assign(checked, kept.fields);
  }
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

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
