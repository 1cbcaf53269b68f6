/**
 * Which request something happens for. In: a trace id for as long as one works on it. Out: the same id to whoever asks
 * below, across awaits: the log, the audit log, what is stored for the engine. 32 hexadecimal digits, as W3C Trace
 * Context has them.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

export interface Trace {
  id: string;
  /** Of the client. */
  address: string;
}

/** A request, as app/http-server.ts marks it. */
export interface Traced {
  trace: Trace;
}

/** The header of every answer that has a trace. */
export const TRACE_HEADER = 'x-trace-id';

const traces = new AsyncLocalStorage<Trace | null>();

/** Runs `work` for a trace. */
export function withTrace<T>(trace: Trace, work: () => T): T {
  return traces.run(trace, work);
}

/** Runs `work` for nobody: what goes on after the request that began it. */
export function withoutTrace<T>(work: () => T): T {
  // Entering nothing from nothing would make every promise of the process dearer.
  return currentTrace() === null ? work() : traces.run(null, work);
}

/** Null outside of requests. */
export function currentTrace(): Trace | null {
  return traces.getStore() ?? null;
}

export function newTraceId(): string {
  return randomUUID().replaceAll('-', '');
}

const NOTHING = /^0+$/;

/** The trace id of a `traceparent` header; null without one, and where it is not as W3C Trace Context has it. */
export function readTraceparent(header: unknown): string | null {
  if (typeof header !== 'string') return null;
  const [, version, trace, parent, more] =
    /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}(-.*)?$/.exec(header) ?? [];
  if (!version || version === 'ff' || (version === '00' && more !== undefined)) return null;
  return NOTHING.test(trace!) || NOTHING.test(parent!) ? null : trace!;
}

/** A trace id as people paste it: bare, as a uuid, or within a `traceparent`; null for anything else. */
export function readTraceId(text: string): string | null {
  const pasted = text.trim().toLowerCase();
  const id = readTraceparent(pasted) ?? pasted.replaceAll('-', '');
  return /^[\da-f]{32}$/.test(id) ? id : null;
}

/** In SQL: a column of type uuid as a trace id is written. */
export function shownTrace(column: string): string {
  return `replace(${column}::text, '-', '')`;
}
