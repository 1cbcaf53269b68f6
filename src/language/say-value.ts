/**
 * Any part of a checked definition in the language's words: durations with their unit, times, conditions and rules as they
 * are written. For what has no words of its own the keys and values of the shape, so that nothing is passed over. Pure.
 */
import { stringify } from 'yaml';
import { formatDuration, formatElapsed } from '../core/duration.js';
import { printRule } from './campaigns/print-step.js';
import { isGate, printGate } from './gates/print-gates.js';
import { printCondition, printMatch } from './conditions/print-condition.js';

/** A shape's key as the language writes it: `ifActive` -> `if_active`, `endsAfterMs` -> `ends_after`. */
export function wordOf(key: string): string {
  return key.replace(/Ms$/, '').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** What stands at a key, on one line; null: nothing does. */
export function sayValue(key: string, value: unknown): string | null {
  if (value === null || value === undefined || (Array.isArray(value) && value.length === 0))
    return null;
  if (isGate(key)) return printGate(key, value as never);
  const said = words(key, value);
  return typeof said === 'string' ? said : onOneLine(said);
}

/** Conditions stand at these keys. */
const CONDITIONS: ReadonlySet<string> = new Set(['who', 'if', 'while', 'condition']);

/** Paths stand at these, or lists of them. */
const PATHS: ReadonlySet<string> = new Set(
  'path per needs of same value profileStart stripeUser id type at user anonymous email'.split(' '),
);

function words(key: string, value: unknown): unknown {
  if (typeof value === 'number') return isElapsed(key) ? formatElapsed(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    if (PATHS.has(key) && value.every((part) => typeof part === 'string')) return value.join('.');
    return value.map((item) => words(key, item));
  }
  if (CONDITIONS.has(key)) return printCondition(value as never);
  if (key === 'match') return printMatch(value as never);
  if (key === 'rule' || key === 'exit') return printRule(value as never);
  return objectWords(value as Record<string, unknown>);
}

function objectWords(value: Record<string, unknown>): unknown {
  const { kind, count, unit, hour, minute, ms } = value;
  if (typeof hour === 'number' && typeof minute === 'number' && isOf(value, 2))
    return `${pad(hour)}:${pad(minute)}`;
  if (typeof count === 'number' && typeof unit === 'string' && isOf(value, 2))
    return formatDuration(value as never);
  if (typeof kind === 'string' && isOf(value, 1)) return kind;
  if (typeof kind === 'string' && typeof ms === 'number' && isOf(value, 2))
    return `${kind} ${formatElapsed(ms)}`;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => {
      if (inner === null || inner === undefined) return [];
      return [[wordOf(key), words(key, inner)]];
    }),
  );
}

function isOf(value: object, keys: number): boolean {
  return Object.keys(value).length === keys;
}

function isElapsed(key: string): boolean {
  return key === 'ms' || key.endsWith('Ms');
}

function pad(n: number): string {
  return String(n).padStart(2, '0');
}

function onOneLine(value: unknown): string {
  const text = stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim();
  return text.replace(/^\{ | \}$/g, '');
}
