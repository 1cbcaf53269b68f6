/**
 * Feedback, stage 6, as a Nest module. Needs CONNECTIONS and CLOCK from the composition root and the Fastify
 * adapter; makes the adapter accept the bodies that mail programs post.
 */
import { Module, type NestModule, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, onRequestHookHandler } from 'fastify';
import { UNSUBSCRIBE_PATH, UnsubscribeController } from './unsubscribe.controller.js';
import { UnsubscribeService } from './unsubscribe.service.js';

/** All that a page or a mail program posts fits a line. */
const MAX_FORM_BYTES = 16_384;

/** A type of our own, for a server has one reader of multipart forms and the console's wants files. */
const ONE_CLICK = 'application/x-one-click';

/** Only mail programs post multipart here, and all it says is List-Unsubscribe=One-Click (RFC 8058): the POST itself is the act. */
const asOneClick: onRequestHookHandler = (request, _reply, done) => {
  if (request.headers['content-type']?.toLowerCase().startsWith('multipart/form-data'))
    request.headers['content-type'] = ONE_CLICK;
  done();
};

@Module({ controllers: [UnsubscribeController], providers: [UnsubscribeService] })
export class FeedbackModule implements NestModule, OnModuleInit {
  constructor(private readonly adapter: HttpAdapterHost) {}

  /** Nest's one moment after the adapter is there and before its routes are: what belongs to a route. */
  configure(): void {
    this.server.addHook('onRoute', (route) => {
      if (!route.url.startsWith(UNSUBSCRIBE_PATH)) return;
      route.bodyLimit = MAX_FORM_BYTES;
      route.onRequest = [route.onRequest ?? [], asOneClick].flat();
    });
  }

  onModuleInit(): void {
    this.server.addContentTypeParser(ONE_CLICK, { parseAs: 'string' }, (_request, _body, done) =>
      done(null, {}),
    );
  }

  private get server(): FastifyInstance {
    return this.adapter.httpAdapter.getInstance<FastifyInstance>();
  }
}
