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
import { noteMissingSecrets } from './endpoints.sql.js';
import { pruneEvents } from './outbox.sql.js';
import { Postman } from './post-webhook.js';
import { WebhookSender } from './webhook-sender.js';

/** What an event waits at most before it is told. */
const EVERY_MS = 1_000;
const KEPT_DAYS = 30;
/** How soon it is said that a secret is missing. */
const SECRETS_EVERY_MS = 60_000;

@Injectable()
export class WebhooksService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Webhooks');
  private readonly sender: WebhookSender;
  private started = false;

  constructor(
    @Inject(CONNECTIONS) private readonly connections: ConnectionSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
    @Inject(Postman) postman: Postman,
  ) {
    this.sender = new WebhookSender({
      connections,
      clock,
      postman,
      report: this.logger,
      drainMs: environment.drainMs,
      secrets: environment.endpointSecrets,
    });
  }

  onApplicationBootstrap(): void {
    this.started = true;
    this.sender.look();
    void this.missingSecrets();
  }

  @Interval(EVERY_MS)
  tick(): void {
    if (this.started) this.sender.look();
  }

  /** Calls whose secret is not at hand wait; people are told. */
  @Interval(SECRETS_EVERY_MS)
  async missingSecrets(): Promise<void> {
    if (!this.started) return;
    try {
      const now = await this.clock.now(this.connections);
      const known = Object.keys(this.environment.endpointSecrets);
      for (const { name, secretEnv } of await noteMissingSecrets(this.connections, known, now))
        this.logger.warn(
          `calls of the endpoint ${name} wait: ${secretEnv} holds no secret (whsec_...) in this process`,
        );
    } catch (error) {
      // The next look is soon enough.
      this.logger.warn({ message: 'secrets were not looked for', error: errorText(error) });
    }
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
