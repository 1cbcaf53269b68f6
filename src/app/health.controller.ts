/**
 * Health for supervisors and load balancers. Live: the process answers. Ready: it also reaches its
 * database and is not on its way out.
 */
import {
  Controller,
  Get,
  Inject,
  ServiceUnavailableException,
  type OnModuleDestroy,
} from '@nestjs/common';
import type { ConnectionSource } from '../core/queryable.js';
import { CONNECTIONS } from '../core/tokens.js';

/** A database that takes longer is not ready. */
const PATIENCE_MS = 2_000;

@Controller('health')
export class HealthController implements OnModuleDestroy {
  private leaving = false;

  constructor(@Inject(CONNECTIONS) private readonly connections: ConnectionSource) {}

  onModuleDestroy(): void {
    this.leaving = true;
  }

  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('ready')
  async ready(): Promise<{ status: 'ok' }> {
    if (this.leaving) throw new ServiceUnavailableException('this process is stopping');
    if (!(await this.databaseAnswers())) {
      throw new ServiceUnavailableException('the database does not answer');
    }
    return { status: 'ok' };
  }

  private async databaseAnswers(): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), PATIENCE_MS);
    });
    const answer = this.connections.query('select 1').then(
      () => true,
      () => false,
    );
    return Promise.race([answer, patience]).finally(() => clearTimeout(timer));
  }
}
