/**
 * Health for supervisors, load balancers and people. Live: the process answers. Ready: it also reaches its
 * database and is not on its way out. `/health` names what is wrong, as far as this process knows.
 */
import {
  Controller,
  Get,
  Inject,
  Res,
  ServiceUnavailableException,
  type OnModuleDestroy,
} from '@nestjs/common';
import { HealthService, type Health } from './health.service.js';

/** The part of Fastify's reply that is used here. */
interface Reply {
  status(code: number): unknown;
}

@Controller('health')
export class HealthController implements OnModuleDestroy {
  private leaving = false;

  constructor(@Inject(HealthService) private readonly health: HealthService) {}

  onModuleDestroy(): void {
    this.leaving = true;
  }

  /** 200 when all is well, 503 with `problems` when something is not. */
  @Get()
  async look(@Res({ passthrough: true }) reply: Reply): Promise<Health> {
    const health = await this.health.look();
    if (health.status !== 'ok') reply.status(503);
    return health;
  }

  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('ready')
  async ready(): Promise<{ status: 'ok' }> {
    if (this.leaving) throw new ServiceUnavailableException('this process is stopping');
    if (!(await this.health.databaseAnswers())) {
      throw new ServiceUnavailableException('the database does not answer');
    }
    return { status: 'ok' };
  }
}
