/** The mailer role also tells other systems: it looks for due deliveries every second and forgets old ones once a day. */
import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Cron, Interval } from '@nestjs/schedule';
import type { Clock } from '../core/clock.js';
import type { Environment } from '../core/environment.js';
import { errorText } from '../core/error-fields.js';
import { DAY_MS } from '../core/instant.js';
import type { ConnectionSource } from '../core/queryable.js';
import { CLOCK, CONNECTIONS, ENVIRONMENT } from '../core/tokens.js';
import { pruneEvents } from './outbox.sql.js';
import { Postman } from './post-webhook.js';
import { WebhookSender } from './webhook-sender.js';

/** What an event waits at most before it is told. */
const EVERY_MS = 1_000;
const KEPT_DAYS = 30;

@Injectable()
export class WebhooksService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Webhooks');
  private readonly sender: WebhookSender;
  private started = false;

  constructor(
    @Inject(CONNECTIONS) private readonly connections: ConnectionSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(ENVIRONMENT) { drainMs }: Environment,
    @Inject(Postman) postman: Postman,
  ) {
    this.sender = new WebhookSender({
      connections,
      clock,
      postman,
      report: this.logger,
      drainMs,
    });
  }

  onApplicationBootstrap(): void {
    this.started = true;
    this.sender.look();
  }

  @Interval(EVERY_MS)
  tick(): void {
    if (this.started) this.sender.look();
  }

  @Cron('37 2 * * *')
  async daily(): Promise<void> {
    try {
      const now = await this.clock.now(this.connections);
      const events = await pruneEvents(this.connections, now - KEPT_DAYS * DAY_MS);
      if (events > 0) this.logger.log({ message: 'forgot events of webhooks', events });
    } catch (error) {
      // Tomorrow is soon enough.
      this.logger.warn({ message: 'old webhooks were not forgotten', error: errorText(error) });
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (!this.started) return;
    this.started = false;
    await this.sender.stop();
  }
}
