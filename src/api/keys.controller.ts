/**
 * REST: API keys. The secret is in one answer only, that of its making. Rotating: make a second key of the same name
 * (the same source of events), change the clients, revoke the first.
 */
import { Body, Delete, Get, HttpCode, HttpException, Inject, Param, Post } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
} from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, ArrayUnique, IsArray, IsIn, Matches } from 'class-validator';
import type { DataSource } from 'typeorm';
import type { Clock } from '../core/clock.js';
import { CLOCK, DATA_SOURCE } from '../core/tokens.js';
import { SCOPES, type Scope } from '../ingest/api-key.entity.js';
import { KEY_NAME, listApiKeys, prefixOf } from '../ingest/api-keys.js';
import { makeKey, revokeKey, type KeyKeeper } from '../ingest/manage-keys.js';
import { Acting, type Act } from './act.js';
import { Needs } from './authorize.js';
import { Repeated } from './idempotency.js';
import { Rest } from './rest.js';
import { showInstant, showOptionalInstant } from './show.js';

class NewKey {
  @ApiProperty({ pattern: KEY_NAME.source, example: 'my-app' })
  @Matches(KEY_NAME, { message: 'name is 1 to 60 letters, digits, "_", "-" and "."' })
  name: string;

  @ApiProperty({ enum: SCOPES, isArray: true })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(SCOPES.length)
  @ArrayUnique()
  @IsIn(SCOPES, { each: true })
  scopes: Scope[];
}

class CreatedKey {
  @ApiProperty({ description: 'shown this once' })
  key: string;
}

class KeyView {
  @ApiProperty()
  name: string;

  @ApiProperty({ description: 'the key begins with `rk_PREFIX_`' })
  prefix: string;

  @ApiProperty({ enum: SCOPES, isArray: true })
  scopes: Scope[];

  @ApiProperty({ format: 'date-time' })
  createdAt: string;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'within a minute',
  })
  lastUsedAt: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  revokedAt: string | null;
}

class KeyList {
  @ApiProperty({ type: [KeyView] })
  items: KeyView[];
}

@Rest('keys', 'keys')
export class KeysController {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @Needs('admin')
  @ApiOperation({ summary: 'Every key, revoked ones too; no secrets' })
  @ApiOkResponse({ type: KeyList })
  async list(): Promise<KeyList> {
    const keys = await listApiKeys(this.dataSource.manager);
    return {
      items: keys.map(({ name, prefix, scopes, createdAt, lastUsedAt, revokedAt }) => ({
        name,
        prefix,
        scopes,
        createdAt: showInstant(createdAt),
        lastUsedAt: showOptionalInstant(lastUsedAt),
        revokedAt: showOptionalInstant(revokedAt),
      })),
    };
  }

  @Post()
  @Repeated('secret')
  @Needs('admin')
  @ApiOperation({ summary: 'Make a key; the answer holds it, once' })
  @ApiCreatedResponse({ type: CreatedKey })
  async create(@Body() { name, scopes }: NewKey, @Acting() act: Act): Promise<CreatedKey> {
    return { key: await makeKey({ ...this.keeping, by: act.actor }, { name, scopes }) };
  }

  @Delete(':prefix')
  @Needs('admin')
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke a key; every process refuses it within ten seconds' })
  @ApiNoContentResponse()
  async revoke(@Param('prefix') prefix: string, @Acting() act: Act): Promise<void> {
    const known = prefixOf(prefix);
    if (known === null || !(await revokeKey({ ...this.keeping, by: act.actor }, known)))
      throw new HttpException('no live key has this prefix', 404);
  }

  private get keeping(): Omit<KeyKeeper, 'by'> {
    const { dataSource, clock } = this;
    return { dataSource, clock };
  }
}
