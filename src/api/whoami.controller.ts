/** REST: the first call of an integrating developer. Which key is this, what may it do, and what would a mail do? */
import { Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty } from '@nestjs/swagger';
import type { Clock } from '../core/clock.js';
import { listProcesses, whereMailGoes } from '../core/processes.sql.js';
import type { ConnectionSource } from '../core/queryable.js';
import { CLOCK, CONNECTIONS } from '../core/tokens.js';
import { currentReads } from '../definitions/load-definitions.js';
import { SCOPES, type Scope } from '../ingest/api-key.entity.js';
import type { ApiKey } from '../ingest/api-keys.js';
import { Asker, Needs } from './authorize.js';
import { Rest } from './rest.js';
import { showInstant } from './show.js';

const TRANSPORTS = ['dev_mailbox', 'smtp', 'mixed'] as const;

class WhoamiView {
  @ApiProperty({ description: 'name of the key; events that it sends have the source `api:NAME`' })
  key: string;

  @ApiProperty({ enum: SCOPES, isArray: true })
  scopes: Scope[];

  @ApiProperty({ type: String, nullable: true, description: 'null: nothing was applied yet' })
  project: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'zone of profiles that name none' })
  zone: string | null;

  @ApiProperty({
    enum: TRANSPORTS,
    nullable: true,
    description:
      'where the mailers that run, or ran last, send: `dev_mailbox`: nothing leaves; `mixed`: they differ; null: none has run for a day',
  })
  transport: (typeof TRANSPORTS)[number] | null;

  @ApiProperty({ format: 'date-time', description: 'the clock that decides, of the database' })
  now: string;
}

@Rest('whoami', 'keys')
export class WhoamiController {
  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @Needs('any')
  @ApiOperation({ summary: 'Which key this is, what it may do, and where mail goes' })
  @ApiOkResponse({ type: WhoamiView })
  async whoami(@Asker() key: ApiKey): Promise<WhoamiView> {
    const [newest, now] = await Promise.all([currentReads(this.sql), this.clock.now(this.sql)]);
    return {
      key: key.name,
      scopes: key.scopes,
      project: newest?.project.project ?? null,
      zone: newest?.project.zone ?? null,
      transport: whereMailGoes(await listProcesses(this.sql, now)),
      now: showInstant(now),
    };
  }
}
