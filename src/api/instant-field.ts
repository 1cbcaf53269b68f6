/** A field or parameter that is an instant, checked by the very reader that reads it: whatever passes is a time. */
import { applyDecorators } from '@nestjs/common';
import { ValidateBy } from 'class-validator';
import type { Instant } from '../core/instant.js';
import { parseTime } from '../ingest/parse-time.js';

/** Marks a text as an instant; week dates, days of a year and times without separators are none. */
export function InstantField(): PropertyDecorator {
  return applyDecorators(
    ValidateBy({
      name: 'isInstant',
      validator: {
        validate: (value) => typeof value === 'string' && parseTime(value) !== null,
        defaultMessage: () =>
          '$property must be a time such as 2026-05-01T10:00:00Z (ISO 8601; without an offset UTC)',
      },
    }),
  );
}

/** The instant of a text that has passed `InstantField`. */
export function readInstant(text: string): Instant {
  const instant = parseTime(text);
  if (instant === null) throw new Error(`${text} has not been checked`);
  return instant;
}
