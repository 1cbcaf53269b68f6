/** Webhooks out: where they may go, and who carries them there, for the faces that set endpoints up and for the sender. */
import { Module } from '@nestjs/common';
import type { Environment } from '../core/environment.js';
import { ENVIRONMENT } from '../core/tokens.js';
import { AddressGuard } from './address-guard.js';
import { Postman } from './post-webhook.js';

@Module({
  providers: [
    {
      provide: AddressGuard,
      inject: [ENVIRONMENT],
      useFactory: ({ webhookAllow }: Environment) => new AddressGuard(webhookAllow),
    },
    {
      provide: Postman,
      inject: [AddressGuard],
      useFactory: (guard: AddressGuard) => new Postman({ guard }),
    },
  ],
  exports: [AddressGuard, Postman],
})
export class PostModule {}
