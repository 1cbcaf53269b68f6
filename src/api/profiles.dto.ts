/** Shapes of the profile routes, in and out; the OpenAPI document is made of them. */
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsOptional, IsString, MaxLength, MinLength } from 'class-validator';
import { JsonObjectField } from './json-object.js';
import { PageQuery } from './page.js';

const KINDS = ['user', 'anonymous', 'profile'] as const;

export class ProfileQuery {
  @ApiPropertyOptional({
    enum: KINDS,
    default: 'user',
    description:
      'what the id in the path is: your own (`user`), an `anonymous` one, or our number (`profile`)',
  })
  @IsOptional()
  @IsIn(KINDS)
  kind: (typeof KINDS)[number] = 'user';
}

export class EventsQuery extends PageQuery {
  @ApiPropertyOptional({ enum: KINDS, default: 'user' })
  @IsOptional()
  @IsIn(KINDS)
  kind: (typeof KINDS)[number] = 'user';

  @ApiPropertyOptional({ description: 'only events of this name; names are case-sensitive' })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  name?: string;
}

/** Whoever writes names the profile by an id of its own, so that there is one to be made under. */
const WRITTEN_KINDS = ['user', 'anonymous'] as const;

export class WrittenQuery {
  @ApiPropertyOptional({ enum: WRITTEN_KINDS, default: 'user' })
  @IsOptional()
  @IsIn(WRITTEN_KINDS)
  kind: (typeof WRITTEN_KINDS)[number] = 'user';
}

export class ProfileChange {
  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    example: { email: 'ann@example.com', first_name: 'Ann', timezone: 'Europe/Berlin' },
  })
  @IsOptional()
  @JsonObjectField()
  traits?: Record<string, unknown>;

  @ApiPropertyOptional({
    description: 'who this person was before: that profile merges into this one',
  })
  @IsOptional()
  @IsString()
  @MinLength(1)
  anonymousId?: string;
}

export class NewEvent {
  @ApiProperty({ example: 'trial_started', description: 'case counts' })
  @IsString()
  name: string;

  @ApiPropertyOptional({ type: 'object', additionalProperties: true })
  @IsOptional()
  @JsonObjectField()
  properties?: Record<string, unknown>;

  @ApiPropertyOptional({ type: 'object', additionalProperties: true })
  @IsOptional()
  @JsonObjectField()
  context?: Record<string, unknown>;

  @ApiPropertyOptional({ format: 'date-time', description: 'when it happened; default: now' })
  @IsOptional()
  @IsString()
  timestamp?: string;

  @ApiPropertyOptional({ description: 'the same one of the same key is stored once' })
  @IsOptional()
  @IsString()
  @MinLength(1)
  messageId?: string;

  @ApiPropertyOptional({ description: 'changes state and starts nothing' })
  @IsOptional()
  @IsBoolean()
  historical?: boolean;
}

class AccountView {
  @ApiProperty()
  id: string;

  @ApiProperty({ type: 'object', additionalProperties: true })
  traits: Record<string, unknown>;
}

export class TopicView {
  @ApiProperty({ description: '`*` = every topic' })
  topic: string;

  @ApiProperty({ description: 'what was said of this topic' })
  subscribed: boolean;

  @ApiProperty({ description: 'whether marketing mail of this topic may go' })
  effective: boolean;

  @ApiProperty({
    type: String,
    enum: ['*', null],
    nullable: true,
    description: '`*`: it said no to every topic, which stands until it says yes to `*`',
  })
  because: '*' | null;

  @ApiProperty({ format: 'date-time', description: 'when it was said' })
  changedAt: string;

  @ApiProperty()
  source: string;
}

class TraitWarning {
  @ApiProperty({ enum: ['bad_email', 'bad_timezone'] })
  code: string;

  @ApiProperty()
  detail: string;
}

export class ProfileView {
  @ApiProperty({ description: 'our number' })
  profileId: number;

  @ApiProperty({ type: [String], description: 'the one stated latest first' })
  userIds: string[];

  @ApiProperty({ type: [String] })
  anonymousIds: string[];

  @ApiProperty({ type: [Number], description: 'profiles that were merged into this one' })
  mergedIds: number[];

  @ApiProperty({ type: 'object', additionalProperties: true })
  traits: Record<string, unknown>;

  @ApiProperty({ type: AccountView, nullable: true })
  account: AccountView | null;

  @ApiProperty({ type: String, nullable: true, description: 'null: the zone of the project' })
  zone: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'where its mail goes; null: nowhere' })
  address: string | null;

  @ApiProperty({
    type: [TraitWarning],
    description: 'traits that are stored as they were stated and cannot be used',
  })
  warnings: TraitWarning[];

  @ApiProperty({ type: String, nullable: true, description: 'why the address gets no mail' })
  suppressed: string | null;

  @ApiProperty({ type: [TopicView] })
  topics: TopicView[];

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  bornAt: string | null;

  @ApiProperty({ format: 'date-time' })
  createdAt: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  traitsChangedAt: string | null;
}

export class EventView {
  @ApiProperty()
  id: number;

  @ApiProperty()
  name: string;

  @ApiProperty({ format: 'date-time', description: "corrected by the client's clock error" })
  occurredAt: string;

  @ApiProperty({ format: 'date-time' })
  receivedAt: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  statedAt: string | null;

  @ApiProperty({ type: 'object', additionalProperties: true })
  properties: Record<string, unknown>;

  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  context: Record<string, unknown> | null;

  @ApiProperty()
  source: string;

  @ApiProperty()
  messageId: string;

  @ApiProperty({ description: 'changes state and starts nothing' })
  historical: boolean;
}

export class EventPage {
  @ApiProperty({ type: [EventView] })
  items: EventView[];

  @ApiProperty({ type: String, nullable: true })
  next: string | null;
}

export class ErasedView {
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'integer' },
    description: 'rows that went, by table',
  })
  rows: Record<string, number>;

  @ApiProperty({
    description:
      'the address stays known as a keyed hash and gets no mail; false: there was none, or another profile has it too',
  })
  addressKept: boolean;
}
