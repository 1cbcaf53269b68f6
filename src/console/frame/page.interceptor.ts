/** The console's answers written down: pages as HTML in their frame, redirects as 303, files as they are. */
import {
  Inject,
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { mergeMap, type Observable } from 'rxjs';
import { Page, Raw, Redirect } from './answer.js';
import { Frame } from './frame.service.js';
import type { ConsoleReply, ConsoleRequest } from './request.js';

@Injectable()
export class PageInterceptor implements NestInterceptor {
  constructor(@Inject(Frame) private readonly frame: Frame) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest<ConsoleRequest>();
    const reply = http.getResponse<ConsoleReply>();
    return next.handle().pipe(mergeMap((answer) => this.write(answer, request, reply)));
  }

  private async write(
    answer: unknown,
    request: ConsoleRequest,
    reply: ConsoleReply,
  ): Promise<unknown> {
    if (answer instanceof Redirect) {
      reply.status(303).header('location', answer.location);
      return '';
    }
    if (answer instanceof Raw) {
      reply.status(200).type(answer.type).headers(answer.headers);
      return answer.body;
    }
    if (answer instanceof Page) {
      reply.status(answer.what.status ?? 200).type('text/html; charset=utf-8');
      return this.frame.render(answer, request);
    }
    return answer;
  }
}
