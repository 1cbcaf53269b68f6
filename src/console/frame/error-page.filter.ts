/**
 * Errors of the console as pages: what went wrong and where to go from there. Who is not logged in is led to the login
 * and back; a bug is logged and says nothing of itself.
 */
import {
  Catch,
  HttpException,
  Inject,
  Injectable,
  Logger,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import {
  explainError,
  problemOf,
  PROBLEM_TYPE,
  withTraceId,
  type Problem,
} from '../../core/http-problem.js';
import { isDatabaseAway } from '../../core/database-away.js';
import { LANGUAGE_COOKIE } from '../door/cookies.js';
import { errorPage } from '../pages/error.view.js';
import { pickLanguage } from '../texts/texts.js';
import { Frame } from './frame.service.js';
import { cookie, header, type ConsoleReply, type ConsoleRequest } from './request.js';
import { Visitor } from './visitor.js';

/** Of whom the request alone tells. Nothing on such a page is about time. */
function stranger(request: ConsoleRequest): Visitor {
  const language = pickLanguage(
    cookie(request, LANGUAGE_COOKIE),
    header(request, 'accept-language'),
  );
  return new Visitor({ session: null, language, now: 0, zone: 'UTC', project: null });
}

@Catch()
@Injectable()
export class ErrorPageFilter implements ExceptionFilter {
  private readonly logger = new Logger('Console');

  constructor(@Inject(Frame) private readonly frame: Frame) {}

  async catch(error: unknown, host: ArgumentsHost): Promise<void> {
    const http = host.switchToHttp();
    const request = http.getRequest<ConsoleRequest>();
    const reply = http.getResponse<ConsoleReply>();
    const { problem, headers } = this.explain(error);
    if (problem.status === 401 && request.method === 'GET') {
      reply
        .status(303)
        .header('location', `/console/login?next=${encodeURIComponent(request.url)}`);
      reply.send('');
      return;
    }
    reply.status(problem.status).headers(headers);
    const wait = headers['retry-after'] === undefined ? null : Number(headers['retry-after']);
    const again = request.method === 'GET' ? request.url : null;
    await this.send({ problem: withTraceId(reply, problem), again, wait }, request, reply);
  }

  /** With the database away the door knows nobody: a browser gets the page as a stranger would, others the problem itself. */
  private async send(
    failed: { problem: Problem; again: string | null; wait: number | null },
    request: ConsoleRequest,
    reply: ConsoleReply,
  ): Promise<void> {
    const reads = header(request, 'accept')?.includes('text/html') ?? false;
    for (const visitor of [request.visitor, reads ? stranger(request) : undefined]) {
      if (!visitor) continue;
      request.visitor = visitor;
      try {
        const html = await this.frame.render(errorPage(failed), request);
        reply.type('text/html; charset=utf-8').send(html);
        return;
      } catch (error) {
        if (!isDatabaseAway(error)) this.logger.error(error);
      }
    }
    reply.type(PROBLEM_TYPE).send(failed.problem);
  }

  private explain(error: unknown): { problem: Problem; headers: Record<string, string> } {
    if (error instanceof HttpException) {
      const response = error.getResponse();
      const wait: Record<string, string> =
        typeof response === 'object' && 'retryAfter' in response
          ? { 'retry-after': String(response.retryAfter) }
          : {};
      return { problem: problemOf(error.getStatus(), error.message).problem, headers: wait };
    }
    const answer = explainError(error, 0);
    if (answer) return answer;
    this.logger.error(error);
    return problemOf(500);
  }
}
