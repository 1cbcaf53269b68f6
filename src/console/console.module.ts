/** The console as a Nest module: part of the role api. It asks the stages' public files and keeps people, sessions and nothing else. */
import { Inject, Module, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Fastify } from '../ingest/http-edge.js';
import { IngestModule } from '../ingest/ingest.module.js';
import { AssetsController } from './assets.controller.js';
import { DoorGuard } from './door/door.guard.js';
import { FirstPerson } from './door/first-person.service.js';
import { LoginController } from './door/login.controller.js';
import { Frame } from './frame/frame.service.js';
import { takeFileForms } from './frame/file-form.js';
import { CONSOLE_HEADERS } from './frame/headers.js';
import { ChangeWatch } from './live/change-watch.service.js';
import { LiveController } from './live/live.controller.js';
import { CampaignListsController } from './pages/campaign-lists.controller.js';
import { BacktestsController } from './pages/backtests.controller.js';
import { BroadcastsController } from './pages/broadcasts.controller.js';
import { CampaignsController } from './pages/campaigns.controller.js';
import { DefinitionHistoryController } from './pages/definition-history.controller.js';
import { DefinitionsController } from './pages/definitions.controller.js';
import { DiagnosticsController } from './pages/diagnostics.controller.js';
import { ImportsController } from './pages/imports.controller.js';
import { KeysController } from './pages/keys.controller.js';
import { MailboxController } from './pages/mailbox.controller.js';
import { MessageActionsController } from './pages/message-actions.controller.js';
import { MessagesController } from './pages/messages.controller.js';
import { MigrationsController } from './pages/migrations.controller.js';
import { NowhereController } from './pages/nowhere.controller.js';
import { OverviewController } from './pages/overview.controller.js';
import { PausesController } from './pages/pauses.controller.js';
import { ProfileActionsController } from './pages/profile-actions.controller.js';
import { ProfileLooksController } from './pages/profile-looks.controller.js';
import { ProfilePersonController } from './pages/profile-person.controller.js';
import { ProfilesController } from './pages/profiles.controller.js';
import { SegmentsController } from './pages/segments.controller.js';
import { SuppressionsController } from './pages/suppressions.controller.js';
import { SimulationModule } from '../simulation/simulation.module.js';
import { PostModule } from '../webhooks/post.module.js';
import { SystemController } from './pages/system.controller.js';
import { WebhookLogController } from './pages/webhook-log.controller.js';
import { WebhooksController } from './pages/webhooks.controller.js';

@Module({
  imports: [IngestModule, PostModule, SimulationModule],
  controllers: [
    AssetsController,
    LoginController,
    LiveController,
    OverviewController,
    MessagesController,
    MessageActionsController,
    CampaignListsController,
    MigrationsController,
    CampaignsController,
    BroadcastsController,
    BacktestsController,
    SegmentsController,
    DefinitionsController,
    DefinitionHistoryController,
    DiagnosticsController,
    ProfilesController,
    ProfileActionsController,
    ProfileLooksController,
    ProfilePersonController,
    ImportsController,
    KeysController,
    MailboxController,
    SuppressionsController,
    PausesController,
    WebhooksController,
    WebhookLogController,
    SystemController,
    NowhereController,
  ],
  providers: [Frame, DoorGuard, FirstPerson, ChangeWatch],
})
export class ConsoleModule implements OnModuleInit {
  constructor(@Inject(HttpAdapterHost) private readonly adapter: HttpAdapterHost) {
    // Modules are made before their routes are registered.
    takeFileForms(adapter.httpAdapter.getInstance<Fastify>());
  }

  /** Headers for everything below /console, what no route answers included; `/` leads there. */
  onModuleInit(): void {
    const server = this.adapter.httpAdapter.getInstance<Fastify>();
    server.addHook('onRequest', (request, reply, done) => {
      if (/^\/console(?:[/?]|$)/.test(request.url)) void reply.headers(CONSOLE_HEADERS);
      done();
    });
    server.get('/', (_request, reply) => reply.redirect('/console', 302));
  }
}
