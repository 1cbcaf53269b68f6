/**
 * Feedback, stage 6, as a Nest module. Needs CONNECTIONS and CLOCK from the composition root and the Fastify
 * adapter; makes the adapter accept the bodies that mail programs post.
 */
import { Module, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { UnsubscribeController } from './unsubscribe.controller.js';
import { UnsubscribeService } from './unsubscribe.service.js';

const MAX_FORM_BYTES = 16_384;

@Module({ controllers: [UnsubscribeController], providers: [UnsubscribeService] })
export class FeedbackModule implements OnModuleInit {
  constructor(private readonly adapter: HttpAdapterHost) {}

  onModuleInit(): void {
    const fastify = this.adapter.httpAdapter.getInstance<FastifyInstance>();
    const options = { parseAs: 'string', bodyLimit: MAX_FORM_BYTES } as const;
    if (!fastify.hasContentTypeParser('application/x-www-form-urlencoded')) {
      fastify.addContentTypeParser(
        'application/x-www-form-urlencoded',
        options,
        (_request, body: string, done) => {
          done(null, Object.fromEntries(new URLSearchParams(body)));
        },
      );
    }
    // Only mail programs post multipart, and all it says is List-Unsubscribe=One-Click: the POST itself is the act.
    if (!fastify.hasContentTypeParser('multipart/form-data')) {
      fastify.addContentTypeParser('multipart/form-data', options, (_request, _body, done) =>
        done(null, {}),
      );
    }
  }
}
