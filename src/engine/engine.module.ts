/** The engine role as a Nest module; the composition root provides database, clock and wake-ups. */
import { Module } from '@nestjs/common';
import { EngineService } from './engine.service.js';

@Module({ providers: [EngineService] })
export class EngineModule {}
