/** The form of an import: its fields, and the mapping that they describe. In: what a browser sent; out: a mapping, or 422. */
import { HttpException } from '@nestjs/common';
import { z } from 'zod';
import { UsageError } from '../../core/errors.js';
import { parseMapping, type ImportMapping } from '../../ingest/import-csv-mapping.js';
import { optionalText } from '../frame/console.js';

export const DELIMITERS = [',', ';', 'tab', '|'] as const;

/** One NAME[:TYPE][=COLUMN] a line. */
const lines = z
  .string()
  .max(20_000)
  .transform((text) =>
    text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== ''),
  )
  .optional();

/** The fields of the form, as they are sent or stand in the address of the page. */
export const mappingForm = z.object({
  source: optionalText(100),
  profile: optionalText(1_000),
  event: optionalText(1_000),
  at: optionalText(1_000),
  id: optionalText(1_000),
  property: lines,
  trait: lines,
  zone: optionalText(100),
  delimiter: z.enum(DELIMITERS).optional(),
});
export type MappingForm = z.output<typeof mappingForm>;

/** The mapping that a form describes; throws 422 naming the field at fault. */
export function readMapping({
  source,
  profile,
  property,
  trait,
  ...rest
}: MappingForm): ImportMapping {
  if (profile === undefined) throw new HttpException('profile: name the column', 422);
  if (source === undefined) throw new HttpException('source: give the rows a name', 422);
  const given = Object.entries({
    ...rest,
    property: property?.length ? property : undefined,
    trait: trait?.length ? trait : undefined,
  }).filter(([, value]) => value !== undefined);
  try {
    return parseMapping({ ...Object.fromEntries(given), source, profile }, (flag) => flag);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new HttpException(error.message, 422);
  }
}
