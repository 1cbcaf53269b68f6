/** The parts of Fastify's request and reply that the console uses. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Visitor } from './visitor.js';

export interface ConsoleRequest {
  /** Of the client, as far as a trusted proxy says so; so are `host` and `protocol`. */
  ip: string;
  host: string;
  protocol: string;
  method: string;
  url: string;
  headers: Record<string, string | string[] | undefined>;
  body: unknown;
  query: Record<string, unknown>;
  params: unknown;
  raw: IncomingMessage;
  /** Set at the door; what fails before has none. */
  visitor?: Visitor;
}

export interface ConsoleReply {
  getHeader(name: string): unknown;
  status(code: number): ConsoleReply;
  header(name: string, value: string | string[]): ConsoleReply;
  headers(values: Record<string, string>): ConsoleReply;
  type(contentType: string): ConsoleReply;
  send(body: unknown): unknown;
  hijack(): unknown;
  raw: ServerResponse;
}

/** One header's first value. */
export function header({ headers }: ConsoleRequest, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** The value of one cookie. */
export function cookie(request: ConsoleRequest, name: string): string | undefined {
  const pairs = (header(request, 'cookie') ?? '').split(/; */);
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}
