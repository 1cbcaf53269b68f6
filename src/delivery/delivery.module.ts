/** The mailer role as a Nest module; the composition root provides database, clock, wake-ups and environment. */
import { Module } from '@nestjs/common';
import { DeliveryService } from './delivery.service.js';
import { MessageCounter } from './message-counter.service.js';

@Module({ providers: [DeliveryService, MessageCounter] })
export class DeliveryModule {}
