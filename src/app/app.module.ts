/**
 * The composition root: what every stage's module may inject (core/tokens.ts), and which modules a
 * process runs by its roles. Foundations are opened before Nest starts and closed after it has
 * stopped, so no module outlives its database.
 */
import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { ApiModule } from '../api/api.module.js';
import { ConsoleModule } from '../console/console.module.js';
import { DatabaseClock } from '../core/clock.js';
import type { Environment, Role } from '../core/environment.js';
import {
  CLOCK,
  CONNECTIONS,
  DATA_SOURCE,
  ENVIRONMENT,
  OWN_COMMAND,
  WAKE_UPS,
  WAKE_UP_SOURCE,
  type OwnCommand,
} from '../core/tokens.js';
import { DeliveryModule } from '../delivery/delivery.module.js';
import { EngineModule } from '../engine/engine.module.js';
import { FeedbackModule } from '../feedback/feedback.module.js';
import { IngestModule } from '../ingest/ingest.module.js';
import { DoorModule } from '../api/door.module.js';
import { WebhooksModule } from '../webhooks/webhooks.module.js';
import { HealthController } from './health.controller.js';
import { HealthService } from './health.service.js';
import { MetricsController } from './metrics.controller.js';
import { PresenceService } from './presence.service.js';
import { ProblemFilter } from './problem.filter.js';
import type { BullWakeUps } from './wake-ups.js';
import type { Workspace } from './workspace.js';

/** What is open before any module starts. */
export interface Foundations {
  environment: Environment;
  workspace: Workspace;
  wakeUps: BullWakeUps;
  ownCommand: OwnCommand;
}

const MODULES: Record<Role, Type[]> = {
  api: [IngestModule, FeedbackModule, ApiModule, ConsoleModule],
  engine: [EngineModule],
  mailer: [DeliveryModule, WebhooksModule],
};

@Module({})
class FoundationsModule {
  static of({ environment, workspace, wakeUps, ownCommand }: Foundations): DynamicModule {
    const providers = [
      { provide: ENVIRONMENT, useValue: environment },
      { provide: CONNECTIONS, useValue: workspace.connections },
      { provide: DATA_SOURCE, useValue: workspace.dataSource },
      { provide: WAKE_UPS, useValue: wakeUps },
      { provide: WAKE_UP_SOURCE, useValue: wakeUps },
      { provide: OWN_COMMAND, useValue: ownCommand },
      { provide: CLOCK, useClass: DatabaseClock },
    ];
    return {
      module: FoundationsModule,
      global: true,
      providers,
      exports: providers.map(({ provide }) => provide),
    };
  }
}

@Module({})
export class AppModule {
  /** The application of one process: foundations, health, and the modules of its roles. */
  static of(foundations: Foundations): DynamicModule {
    return {
      module: AppModule,
      imports: [
        FoundationsModule.of(foundations),
        DoorModule,
        ScheduleModule.forRoot(),
        ...foundations.environment.roles.flatMap((role) => MODULES[role]),
      ],
      controllers: [HealthController, MetricsController],
      providers: [HealthService, PresenceService, { provide: APP_FILTER, useClass: ProblemFilter }],
    };
  }
}
