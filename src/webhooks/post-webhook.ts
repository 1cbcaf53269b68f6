/**
 * Webhooks out: one exchange over HTTP. In: where to, what, and who may be reached. Out: what came back; never rejects.
 * Invariants: a name is resolved once per connection, every address that it has is judged, and the connection goes to
 * one of those very addresses, so a name that changes its mind leads nowhere else; redirects are not followed; the whole
 * exchange has one deadline; of the answer only the beginning is read.
 */
import { lookup as systemLookup } from 'node:dns/promises';
import http, { type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { errorText } from '../core/error-fields.js';
import { hostOf } from '../core/internet-address.js';
import { printable } from '../delivery/smtp-reply.js';
import type { AddressGuard } from './address-guard.js';
import type { Exchange } from './decide-attempt.js';

export interface ResolvedAddress {
  address: string;
  family: number;
}
/** All addresses of a name; rejects when it has none. */
export type Resolve = (hostname: string) => Promise<ResolvedAddress[]>;

export interface PostmanOptions {
  guard: AddressGuard;
  /** Default: as the system does. */
  resolve?: Resolve;
  /** For the whole exchange, from looking the name up to the last byte of the answer; default 15 s. */
  timeoutMs?: number;
}

export interface Letter {
  url: string;
  headers: Record<string, string>;
  body: string;
}

const TIMEOUT_MS = 15_000;
/** Bytes of an answer that are read and kept; what comes after is not waited for. */
export const LONGEST_RESPONSE = 2_048;
/** A connection that nobody needs meanwhile is closed. */
const IDLE_MS = 10_000;

export class Postman {
  private readonly agents = {
    'http:': new http.Agent({ keepAlive: true, timeout: IDLE_MS }),
    'https:': new https.Agent({ keepAlive: true, timeout: IDLE_MS }),
  };
  /** One look-up a name at a time: a name that hangs holds one of the system's few threads, not all. */
  private readonly looking = new Map<string, Promise<ResolvedAddress[]>>();
  private readonly resolve: Resolve;

  constructor(private readonly options: PostmanOptions) {
    this.resolve = options.resolve ?? ((hostname) => systemLookup(hostname, { all: true }));
  }

  /** `signal` ends it early, with an error that says so. */
  async post(letter: Letter, signal?: AbortSignal): Promise<Exchange> {
    const startedAt = performance.now();
    const timeoutMs = this.options.timeoutMs ?? TIMEOUT_MS;
    const deadline = AbortSignal.timeout(timeoutMs);
    const ends = signal ? AbortSignal.any([deadline, signal]) : deadline;
    const answer = await this.exchange(letter, ends).catch((error: unknown) => ({
      ...NOTHING,
      error: deadline.aborted
        ? `no complete answer within ${timeoutMs / 1_000} s`
        : signal?.aborted
          ? 'the process was stopped'
          : textOfError(error),
    }));
    return { ...answer, durationMs: Math.round(performance.now() - startedAt) };
  }

  /** Closes what is idle. */
  close(): void {
    for (const agent of Object.values(this.agents)) agent.destroy();
  }

  private async exchange(letter: Letter, ends: AbortSignal): Promise<Answer> {
    const url = new URL(letter.url);
    const { protocol } = url;
    if (protocol !== 'http:' && protocol !== 'https:') throw new Error(`no ${protocol} URLs`);
    const host = hostOf(url);
    const refused = isIP(host) === 0 ? null : this.options.guard.refusal(host, protocol);
    if (refused !== null) throw new Error(refused);
    const options = { method: 'POST', headers: letter.headers, signal: ends };
    const lookup = this.judgedLookup(protocol);
    try {
      return await send(url, { ...options, lookup, agent: this.agents[protocol] }, letter.body);
    } catch (error) {
      // The receiver closed a kept connection at the moment we used it: once more, on one of its own.
      if (!(error instanceof ClosedMeanwhile)) throw error;
      return send(url, { ...options, lookup, agent: false }, letter.body);
    }
  }

  /** What sockets ask for the addresses of a name. An address in the URL itself does not come here. */
  private judgedLookup(protocol: string): LookupFunction {
    return (hostname, { all }, done) => void this.tell(hostname, protocol, all === true, done);
  }

  private async tell(
    hostname: string,
    protocol: string,
    all: boolean,
    done: Parameters<LookupFunction>[2],
  ): Promise<void> {
    let addresses: ResolvedAddress[];
    try {
      addresses = await this.judged(hostname, protocol);
    } catch (error) {
      done(error as Error, []);
      return;
    }
    if (all) done(null, addresses);
    else done(null, addresses[0]!.address, addresses[0]!.family);
  }

  /** One bad address condemns the name: its owner can hand out any at any moment. */
  private async judged(hostname: string, protocol: string): Promise<ResolvedAddress[]> {
    const addresses = await this.look(hostname);
    for (const { address } of addresses) {
      const refused = this.options.guard.refusal(address, protocol);
      if (refused !== null) throw new Error(`${hostname} leads to ${address}: ${refused}`);
    }
    if (addresses.length === 0) throw new Error(`${hostname} has no address`);
    return addresses;
  }

  private look(hostname: string): Promise<ResolvedAddress[]> {
    const known = this.looking.get(hostname);
    if (known) return known;
    const looking = this.resolve(hostname).finally(() => this.looking.delete(hostname));
    this.looking.set(hostname, looking);
    return looking;
  }
}

/** Messages of the system name their code themselves; several addresses that failed at once have no message. */
function textOfError(error: unknown): string {
  return error instanceof Error && error.message !== '' ? error.message : errorText(error);
}

type Answer = Omit<Exchange, 'durationMs'>;
const NOTHING: Answer = { status: null, error: null, response: null, retryAfter: null };

/** A kept connection was gone before anything of an answer came. */
class ClosedMeanwhile extends Error {}

function send(url: URL, options: RequestOptions, body: string): Promise<Answer> {
  const { request: begin } = url.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const request = begin(url, options, (message) => {
      readStart(message).then((response) => resolve(answerOf(message, response)), reject);
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      const closed = request.reusedSocket && error.code === 'ECONNRESET';
      reject(closed ? new ClosedMeanwhile() : error);
    });
    request.end(body);
  });
}

function answerOf({ statusCode, headers }: IncomingMessage, response: string): Answer {
  const status = statusCode!;
  return {
    status,
    error: errorOf(status),
    response,
    retryAfter: headers['retry-after'] ?? null,
  };
}

function errorOf(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) return `answered ${status}: redirects are not followed`;
  return `answered ${status}`;
}

/** The beginning of an answer as text that can be stored; rejects when it breaks off. */
function readStart(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  return new Promise((resolve, reject) => {
    const finish = (): void => resolve(textOf(Buffer.concat(chunks), length));
    message.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length <= LONGEST_RESPONSE) return;
      finish();
      message.destroy();
    });
    message.on('end', finish);
    message.on('error', reject);
  });
}

/** A character that was cut in two goes. */
function textOf(bytes: Buffer, length: number): string {
  const start = bytes.subarray(0, LONGEST_RESPONSE);
  return printable(new TextDecoder().decode(start, { stream: length > LONGEST_RESPONSE }));
}
