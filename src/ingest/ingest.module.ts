/** Stage 1 as a Nest module: part of the role api. */
import { Module } from '@nestjs/common';
import { IngestService } from './ingest.service.js';
import { RetentionService } from './retention.service.js';

@Module({ providers: [IngestService, RetentionService] })
export class IngestModule {}
