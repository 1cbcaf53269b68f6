/** Stage 1 as a Nest module: part of the role api. */
import { Module } from '@nestjs/common';
import { IngestService } from './ingest.service.js';

@Module({ providers: [IngestService] })
export class IngestModule {}
