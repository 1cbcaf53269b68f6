/**
 * Errors of Nest's routes as HTTP answers: problem+json (core/http-problem.ts). Expected refusals come as
 * HttpExceptions and say why, further members of theirs included; a bug is logged with its stack and
 * answered without detail. Protocols with a shape of their own bring their own filter.
 */
import {
  Catch,
  HttpException,
  Logger,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import {
  explainError,
  problemOf,
  writeProblem,
  type ProblemAnswer,
  type ProblemReply,
} from '../core/http-problem.js';

/** The part of Fastify's request that is used here. */
interface Request {
  routeOptions: { bodyLimit?: number };
}
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const bodyLimit = http.getRequest<Request>().routeOptions.bodyLimit ?? 0;
    writeProblem(http.getResponse<ProblemReply>(), this.toAnswer(error, bodyLimit));
  }

  private toAnswer(error: unknown, bodyLimit: number): ProblemAnswer {
    const answer =
      error instanceof HttpException ? fromHttp(error) : explainError(error, bodyLimit);
    if (answer) return answer;
    this.logger.error(error);
    return problemOf(500);
  }
}

/** Seconds in a member `retryAfter` become the header as well. */
function fromHttp(error: HttpException): ProblemAnswer {
  const status = error.getStatus();
  const response = error.getResponse();
  if (typeof response === 'string') return problemOf(status, response);
  const { message, statusCode: _, error: __, ...members } = response as Record<string, unknown>;
  const detail = Array.isArray(message) ? message.join('; ') : (message as string | undefined);
  const { retryAfter } = members;
  const wait: Record<string, string> =
    typeof retryAfter === 'number' ? { 'retry-after': String(retryAfter) } : {};
  const { headers, problem } = problemOf(status, detail, wait);
  return { headers, problem: { ...members, ...problem } };
}
