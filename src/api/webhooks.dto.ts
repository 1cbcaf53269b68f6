/** Shapes of the webhooks' routes; the OpenAPI document is made of them. What is sent: described-webhooks.ts. */
import { ApiProperty, ApiPropertyOptional, PartialType } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsOptional,
  IsString,
  MaxLength,
} from 'class-validator';
import {
  DELIVERY_STATES,
  DISABLED_BECAUSE,
  TOLD_TYPES,
  WEBHOOK_TYPES,
  type DeliveryState,
  type DisabledBecause,
  type ToldType,
  type WebhookType,
} from '../webhooks/event-types.js';
import { LONGEST_URL } from '../webhooks/decide-url.js';
import { InstantField } from './instant-field.js';
import { PageQuery } from './page.js';

export class NewWebhook {
  @ApiProperty({ example: 'https://example.com/hooks/rekindle' })
  @IsString()
  @MaxLength(LONGEST_URL)
  url: string;

  @ApiProperty({ enum: WEBHOOK_TYPES, isArray: true, description: 'what it is told of' })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(WEBHOOK_TYPES.length)
  @ArrayUnique()
  @IsIn(WEBHOOK_TYPES, { each: true })
  types: WebhookType[];

  @ApiPropertyOptional({ description: 'for whoever looks later' })
  @IsOptional()
  @IsString()
  @MaxLength(300)
  description?: string;
}

export class WebhookChange extends PartialType(NewWebhook) {
  @ApiPropertyOptional({
    description:
      'false: nothing is captured for it, and what waits, waits. true: again, from now on',
  })
  @IsOptional()
  @IsBoolean()
  enabled?: boolean;
}

export class WebhookView {
  @ApiProperty()
  id: number;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'in rekindle.yaml, where alone it can be changed; null: it was made here',
  })
  name: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'the environment variable that holds its secret; null: the secret was made here',
  })
  secretEnv: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'since when that variable has held no secret where calls go out from: they wait',
  })
  secretMissingSince: string | null;

  @ApiProperty()
  url: string;

  @ApiProperty()
  description: string;

  @ApiProperty({ enum: WEBHOOK_TYPES, isArray: true })
  types: WebhookType[];

  @ApiProperty()
  enabled: boolean;

  @ApiProperty({
    enum: DISABLED_BECAUSE,
    nullable: true,
    description:
      'gone: it answered 410; failing: nothing had arrived for five days; removed: it is not in rekindle.yaml any more; simulated: a demo made it',
  })
  disabledBecause: DisabledBecause | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  disabledAt: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'the first failure after the last success; null: the last attempt arrived',
  })
  failingSince: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'it asked to be left alone until then (Retry-After)',
  })
  restsUntil: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'until then the secret before the last rotation signs as well',
  })
  previousSecretUntil: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'within a minute',
  })
  lastDeliveredAt: string | null;

  @ApiProperty({ description: 'deliveries not settled yet; counted up to 10,001' })
  pending: number;

  @ApiProperty({ description: 'deliveries of the last 30 days given up; counted up to 10,001' })
  failed: number;

  @ApiProperty({
    description: 'calls that came late and wait for somebody to retry them; counted up to 10,001',
  })
  held: number;

  @ApiProperty({ format: 'date-time' })
  createdAt: string;
}

export class WebhookList {
  @ApiProperty({ type: [WebhookView] })
  items: WebhookView[];
}

export class CreatedWebhook extends WebhookView {
  @ApiProperty({ description: '`whsec_...`, shown this once' })
  secret: string;
}

export class RotatedSecret {
  @ApiProperty({ description: '`whsec_...`, shown this once' })
  secret: string;

  @ApiProperty({ format: 'date-time', description: 'until then the old one signs as well' })
  previousSecretUntil: string;
}

class Exchanged {
  @ApiProperty({ type: Number, nullable: true, description: 'of the answer; null: none came' })
  status: number | null;

  @ApiProperty({ type: String, nullable: true, description: 'why it failed; null: it arrived' })
  error: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'the first 2 KB of the answer' })
  response: string | null;

  @ApiProperty()
  durationMs: number;
}

export class TestedWebhook extends Exchanged {
  @ApiProperty({ description: 'it answered 2xx in time' })
  delivered: boolean;
}

export class AttemptedDelivery extends Exchanged {
  @ApiProperty()
  attempt: number;

  @ApiProperty({ format: 'date-time' })
  startedAt: string;
}

export class DeliveriesQuery extends PageQuery {
  @ApiPropertyOptional({ enum: DELIVERY_STATES })
  @IsOptional()
  @IsIn(DELIVERY_STATES)
  state?: DeliveryState;
}

export class DeliveryView {
  @ApiProperty()
  id: number;

  @ApiProperty({ description: 'the header `webhook-id`: the same at every endpoint and attempt' })
  webhookId: string;

  @ApiProperty({ enum: TOLD_TYPES })
  type: ToldType;

  @ApiProperty({
    format: 'date-time',
    description: 'when it happened: the `timestamp` of the body',
  })
  at: string;

  @ApiProperty({ description: 'our number of the profile' })
  profileId: number;

  @ApiProperty({
    enum: DELIVERY_STATES,
    description:
      'failed: given up; of calls: skipped or held (see `reason`), simulated: a demo made it',
  })
  state: DeliveryState;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'of a call: `ended` (its enrolment had), `late`',
  })
  reason: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'whose step calls' })
  campaign: string | null;

  @ApiProperty({ type: String, nullable: true })
  step: string | null;

  @ApiProperty()
  attempts: number;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'pending: when it is tried next',
  })
  dueAt: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  settledAt: string | null;

  @ApiProperty({ type: Number, nullable: true, description: 'of the last answer' })
  status: number | null;

  @ApiProperty({ type: String, nullable: true, description: 'of the last attempt' })
  error: string | null;
}

export class DeliveryPage {
  @ApiProperty({ type: [DeliveryView] })
  items: DeliveryView[];

  @ApiProperty({ type: String, nullable: true })
  next: string | null;
}

export class DeliveryDetailView extends DeliveryView {
  @ApiProperty({ type: 'object', additionalProperties: true, description: '`data` of the body' })
  data: Record<string, unknown>;

  @ApiProperty({ type: [AttemptedDelivery] })
  attemptList: AttemptedDelivery[];
}

export class ReplayRequest {
  @ApiProperty({ format: 'date-time', description: 'what happened at or after' })
  @InstantField()
  since: string;
}

export class Replayed {
  @ApiProperty({ description: 'deliveries that were given up or held and are due again' })
  replayed: number;
}
