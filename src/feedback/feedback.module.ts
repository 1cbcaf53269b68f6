/**
 * Feedback, stage 6, as a Nest module. Needs CONNECTIONS and CLOCK from the composition root and the Fastify
 * adapter; makes the adapter accept the bodies that mail programs post.
 */
import { Module, type NestModule, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { UNSUBSCRIBE_PATH, UnsubscribeController } from './unsubscribe.controller.js';
import { UnsubscribeService } from './unsubscribe.service.js';

/** All that a page or a mail program posts fits a line. */
const MAX_FORM_BYTES = 16_384;

@Module({ controllers: [UnsubscribeController], providers: [UnsubscribeService] })
export class FeedbackModule implements NestModule, OnModuleInit {
  constructor(private readonly adapter: HttpAdapterHost) {}

  /** Nest's one moment after the adapter is there and before its routes are: a body limit belongs to a route. */
  configure(): void {
    this.server.addHook('onRoute', (route) => {
      if (route.url.startsWith(UNSUBSCRIBE_PATH)) route.bodyLimit = MAX_FORM_BYTES;
    });
  }

  onModuleInit(): void {
    // Only mail programs post multipart, and all it says is List-Unsubscribe=One-Click: the POST itself is the act.
    if (this.server.hasContentTypeParser('multipart/form-data')) return;
    this.server.addContentTypeParser(
      'multipart/form-data',
      { parseAs: 'string' },
      (_request, _body, done) => done(null, {}),
    );
  }

  private get server(): FastifyInstance {
    return this.adapter.httpAdapter.getInstance<FastifyInstance>();
  }
}
