/**
 * Errors as HTTP answers: problem+json (RFC 9457). Expected refusals come as HttpExceptions and say why;
 * a transient failure asks the client to come back; everything else is a bug, logged with its stack
 * and answered without detail. Protocols with a shape of their own bring their own filter.
 */
import {
  Catch,
  HttpException,
  Logger,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import { STATUS_CODES } from 'node:http';
import { isDatabaseAway } from '../core/database-away.js';
import { OperationalError } from '../core/errors.js';

interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string;
  /** Further members that an exception brought along. */
  [member: string]: unknown;
}

/** The part of Fastify's reply that is used here. */
interface Reply {
  header(name: string, value: string): Reply;
  status(code: number): Reply;
  type(contentType: string): Reply;
  send(body: unknown): unknown;
}

@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  catch(error: unknown, host: ArgumentsHost): void {
    const problem = this.toProblem(error);
    const reply = host.switchToHttp().getResponse<Reply>();
    if (problem.status === 503) reply.header('retry-after', '5');
    reply.status(problem.status).type('application/problem+json').send(problem);
  }

  private toProblem(error: unknown): Problem {
    if (error instanceof HttpException) return fromHttp(error);
    if (error instanceof OperationalError && error.kind === 'transient') {
      return problemOf(503, error.message);
    }
    if (isDatabaseAway(error)) return problemOf(503, 'the database does not answer; come again');
    const { statusCode, message } = error as { statusCode?: number; message?: string };
    // Fastify's own refusals: body too large, unsupported type, broken JSON.
    if (statusCode && statusCode >= 400 && statusCode < 500) return problemOf(statusCode, message);
    this.logger.error(error);
    return problemOf(500);
  }
}

function fromHttp(error: HttpException): Problem {
  const status = error.getStatus();
  const response = error.getResponse();
  if (typeof response === 'string') return problemOf(status, response);
  const { message, statusCode: _, error: __, ...members } = response as Record<string, unknown>;
  const detail = Array.isArray(message) ? message.join('; ') : (message as string | undefined);
  return { ...members, ...problemOf(status, detail) };
}

function problemOf(status: number, detail?: string): Problem {
  const title = STATUS_CODES[status] ?? 'Error';
  return { type: 'about:blank', title, status, ...(detail === undefined ? {} : { detail }) };
}
