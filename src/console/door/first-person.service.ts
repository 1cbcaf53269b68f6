/**
 * The first start with the role api: somebody must be able to log in. In: no people yet; out: `admin` with a random
 * password, told once in the log. Of processes that start together exactly one makes it, and tells it.
 */
import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import type { Clock } from '../../core/clock.js';
import type { Environment } from '../../core/environment.js';
import type { ConnectionSource } from '../../core/queryable.js';
import { CLOCK, CONNECTIONS, ENVIRONMENT } from '../../core/tokens.js';
import { hashPassword, randomPassword } from './password.js';
import { addPerson, hasPeople } from './people.sql.js';

const FIRST = 'admin';

@Injectable()
export class FirstPerson implements OnApplicationBootstrap {
  private readonly logger = new Logger('Console');

  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (await hasPeople(this.sql)) return;
    const password = randomPassword();
    const added = await addPerson(this.sql, {
      name: FIRST,
      password: await hashPassword(password),
      role: 'admin',
      now: await this.clock.now(this.sql),
    });
    // The name is unique: another process was first, and has told its password.
    if (!added) return;
    this.logger.warn({
      message: 'the console waits for its first login; the password is told this once',
      console: `${this.environment.publicUrl}/console`,
      name: FIRST,
      password,
      change: `rekindle console set-password ${FIRST}`,
    });
  }
}
