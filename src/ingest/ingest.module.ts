/** Stage 1 as a Nest module: part of the role api. It takes files in for the API and the console. */
import { Module } from '@nestjs/common';
import { ImportIntake } from './import-intake.service.js';
import { ImportRunner } from './import-runner.service.js';
import { IngestService } from './ingest.service.js';
import { RetentionService } from './retention.service.js';

@Module({
  providers: [IngestService, RetentionService, ImportRunner, ImportIntake],
  exports: [ImportIntake],
})
export class IngestModule {}
