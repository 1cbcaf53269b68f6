/** Webhooks out as a Nest module, part of the role mailer; the composition root provides database, clock and environment. */
import { Module } from '@nestjs/common';
import { PostModule } from './post.module.js';
import { WebhooksService } from './webhooks.service.js';

@Module({ imports: [PostModule], providers: [WebhooksService] })
export class WebhooksModule {}
