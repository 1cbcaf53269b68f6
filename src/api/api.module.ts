/**
 * The REST API as a Nest module: part of the role api. It asks the stages' public files; what it keeps itself are answers
 * to requests that may come twice (idempotency.ts).
 */
import { Inject, Module } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { IngestModule } from '../ingest/ingest.module.js';
import { SimulationModule } from '../simulation/simulation.module.js';
import { prepareBodies } from './bodies.js';
import { BacktestsController } from './backtests.controller.js';
import { BroadcastsController } from './broadcasts.controller.js';
import { CampaignsController } from './campaigns.controller.js';
import { DefinitionsController } from './definitions.controller.js';
import { DoorModule } from './door.module.js';
import { EnrolmentsController } from './enrolments.controller.js';
import { FeedbackController } from './feedback.controller.js';
import { KeysController } from './keys.controller.js';
import { MessageActionsController } from './message-actions.controller.js';
import { MessagesController } from './messages.controller.js';
import { MigrationsController } from './migrations.controller.js';
import { PausesController } from './pauses.controller.js';
import { PersonController } from './person.controller.js';
import { PreviewController } from './preview.controller.js';
import { ProfilePauseController } from './profile-pause.controller.js';
import { ProfilesController } from './profiles.controller.js';
import { RejectsController } from './rejects.controller.js';
import { SegmentsController } from './segments.controller.js';
import { ExplainController } from './explain.controller.js';
import { ImportsController } from './imports.controller.js';
import { AnswerPruning } from './idempotency.js';
import { CallStore } from './store-call.js';
import { SuppressionsController } from './suppressions.controller.js';
import { TestMailsController } from './test-mails.controller.js';
import { TopicsController } from './topics.controller.js';
import { PostModule } from '../webhooks/post.module.js';
import { WebhooksController } from './webhooks.controller.js';
import { WhoamiController } from './whoami.controller.js';

@Module({
  imports: [DoorModule, PostModule, IngestModule, SimulationModule],
  controllers: [
    WhoamiController,
    ProfilesController,
    PersonController,
    TopicsController,
    ProfilePauseController,
    PreviewController,
    TestMailsController,
    RejectsController,
    SuppressionsController,
    DefinitionsController,
    SegmentsController,
    CampaignsController,
    BroadcastsController,
    BacktestsController,
    MigrationsController,
    EnrolmentsController,
    ExplainController,
    FeedbackController,
    MessagesController,
    MessageActionsController,
    PausesController,
    KeysController,
    WebhooksController,
    ImportsController,
  ],
  providers: [CallStore, AnswerPruning],
})
export class ApiModule {
  constructor(@Inject(HttpAdapterHost) { httpAdapter }: HttpAdapterHost<FastifyAdapter>) {
    // Modules are made before their routes are registered.
    prepareBodies(httpAdapter);
  }
}
