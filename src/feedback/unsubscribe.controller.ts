/**
 * Feedback, stage 6: `/u/<token>`. GET and HEAD show a page with a button and change nothing; POST (RFC
 * 8058: form, multipart or empty body, no cookie, no redirect) unsubscribes and answers 200.
 */
import { Body, Controller, Get, Headers, HttpCode, Param, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { PAGE_HEADERS, askPage, donePage, lostPage } from './unsubscribe-page.js';
import { UnsubscribeService, pageLanguage } from './unsubscribe.service.js';

// A wildcard because Fastify refuses named parameters above 100 characters; tokens grow with the topic.
const ROUTE = 'u/*';
export const UNSUBSCRIBE_PATH = '/u/';

@Controller()
export class UnsubscribeController {
  constructor(private readonly service: UnsubscribeService) {}

  @Get(ROUTE)
  async ask(
    @Param('*') token: string,
    @Headers('accept-language') languages: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const opened = await this.service.open(token);
    if (!opened) return lost(reply, languages);
    void reply.headers(PAGE_HEADERS).send(askPage(opened.page));
  }

  @Post(ROUTE)
  @HttpCode(200)
  async leave(
    @Param('*') token: string,
    @Body() body: unknown,
    @Headers('accept-language') languages: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const opened = await this.service.open(token);
    if (!opened) return lost(reply, languages);
    const form = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
    const scope = form.scope === 'all' ? 'all' : 'topic';
    await this.service.leave(opened.subject, scope, 'scope' in form ? 'page' : 'one-click');
    void reply.headers(PAGE_HEADERS).send(donePage(opened.page, scope));
  }
}

function lost(reply: FastifyReply, languages: string | undefined): void {
  void reply
    .status(404)
    .headers(PAGE_HEADERS)
    .send(lostPage(pageLanguage(languages ?? '')));
}
