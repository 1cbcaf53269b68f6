/** The door (authorize.ts) as a Nest module, for every controller that asks for a key. */
import { Module } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { Clock } from '../core/clock.js';
import type { ConnectionSource } from '../core/queryable.js';
import { CLOCK, CONNECTIONS, DATA_SOURCE } from '../core/tokens.js';
import { StoredApiKey } from '../ingest/api-key.entity.js';
import { ApiKeys } from '../ingest/api-keys.js';
import { AuthorizeGuard } from './authorize.js';

@Module({
  providers: [
    AuthorizeGuard,
    {
      provide: ApiKeys,
      inject: [DATA_SOURCE, CLOCK, CONNECTIONS],
      useFactory: (dataSource: DataSource, clock: Clock, connections: ConnectionSource) =>
        new ApiKeys(dataSource.getRepository(StoredApiKey), () => clock.now(connections)),
    },
  ],
  exports: [AuthorizeGuard, ApiKeys],
})
export class DoorModule {}
