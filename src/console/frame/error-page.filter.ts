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
import { errorPage } from '../pages/error.view.js';
import { Frame } from './frame.service.js';
import type { ConsoleReply, ConsoleRequest } from './request.js';

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
    await this.send(withTraceId(reply, problem), request, reply);
  }

  /** With the database away a page cannot be made; the problem itself can. */
  private async send(
    problem: Problem,
    request: ConsoleRequest,
    reply: ConsoleReply,
  ): Promise<void> {
    if (request.visitor) {
      try {
        const html = await this.frame.render(errorPage(problem), request);
        reply.type('text/html; charset=utf-8').send(html);
        return;
      } catch (error) {
        this.logger.error(error);
      }
    }
    reply.type(PROBLEM_TYPE).send(problem);
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
