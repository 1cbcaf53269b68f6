/**
 * REST: addresses that get no mail. In: an address in any spelling. Out: the one row of its mailbox. Suppressing
 * twice is harmless and keeps the first reason; lifting says what stood, so that a mistake can be put back.
 */
import { Body, Delete, Get, HttpException, Inject, Param, Post, Query, Res } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiPropertyOptional,
} from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import type { ConnectionSource } from '../core/queryable.js';
import { CONNECTIONS } from '../core/tokens.js';
import { suppressionKey } from '../core/parse-address.js';
import {
  addSuppression,
  liftSuppression,
  listSuppressions,
  SUPPRESSION_REASONS,
  type StandingReason,
  type Suppression,
  type SuppressionReason,
} from '../messages/suppressions.sql.js';
import { Acting, type Act } from './act.js';
import { Needs } from './authorize.js';
import { readCursor, toPage } from '../core/cursor.js';
import { PageQuery } from './page.js';
import { Rest, type Reply } from './rest.js';
import { showInstant } from './show.js';

class SuppressionsQuery extends PageQuery {
  @ApiPropertyOptional({ enum: SUPPRESSION_REASONS })
  @IsOptional()
  @IsIn(SUPPRESSION_REASONS)
  reason?: SuppressionReason;
}

class NewSuppression {
  @ApiProperty({ example: 'ann@example.com' })
  @IsString()
  @MaxLength(320)
  address: string;

  @ApiPropertyOptional({ description: 'why, for whoever looks later' })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  detail?: string;
}

class SuppressionView {
  @ApiProperty({ description: 'in the form that is compared: lower case, ASCII domain' })
  address: string;

  @ApiProperty({ enum: [...SUPPRESSION_REASONS, 'erased'] })
  reason: StandingReason;

  @ApiProperty()
  detail: string;

  @ApiProperty()
  source: string;

  @ApiProperty({ format: 'date-time' })
  since: string;
}

class SuppressionPage {
  @ApiProperty({ type: [SuppressionView] })
  items: SuppressionView[];

  @ApiProperty({ type: String, nullable: true })
  next: string | null;
}

@Rest('suppressions', 'suppressions')
export class SuppressionsController {
  constructor(@Inject(CONNECTIONS) private readonly sql: ConnectionSource) {}

  @Get()
  @Needs('read')
  @ApiOperation({ summary: 'Suppressed addresses in alphabetical order' })
  @ApiOkResponse({ type: SuppressionPage })
  async list(@Query() query: SuppressionsQuery): Promise<SuppressionPage> {
    const rows = await listSuppressions(this.sql, {
      reason: query.reason ?? null,
      after: readCursor<[string]>(query.cursor, 'string')?.[0] ?? null,
      limit: query.limit + 1,
    });
    return toPage(rows, query, { key: ({ address }) => [address], show: showSuppression });
  }

  @Post()
  @Needs('manage')
  @ApiOperation({
    summary: 'Suppress an address; one that is suppressed already stays as it is (200)',
  })
  @ApiCreatedResponse({ type: SuppressionView })
  @ApiOkResponse({ type: SuppressionView })
  async add(
    @Body() { address, detail }: NewSuppression,
    @Acting() act: Act,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<SuppressionView> {
    const wanted = { key: readKey(address), detail: detail ?? '', source: act.actor };
    return act.once(async (sql, now) => {
      const { suppression, added } = await addSuppression(sql, { ...wanted, now });
      const action = { action: 'suppression.add', subject: `suppression/${wanted.key}` };
      if (added) await act.record(sql, now, { ...action, detail: { detail: wanted.detail } });
      reply.status(added ? 201 : 200);
      return showSuppression(suppression);
    });
  }

  @Delete(':address')
  @Needs('manage')
  @ApiOperation({
    summary: 'Lift a suppression, or what an erasure left; the answer is the row that stood',
  })
  @ApiOkResponse({ type: SuppressionView })
  async lift(@Param('address') address: string, @Acting() act: Act): Promise<SuppressionView> {
    const key = readKey(address);
    return act.once(async (sql, now) => {
      const stood = await liftSuppression(sql, key);
      if (!stood) throw new HttpException('this address is not suppressed', 404);
      const { address: subject, ...detail } = stood;
      const action = { action: 'suppression.lift', subject: `suppression/${subject}` };
      await act.record(sql, now, { ...action, detail });
      return showSuppression(stood);
    });
  }
}

function readKey(address: string): string {
  const key = suppressionKey(address);
  if (key === null)
    throw new HttpException('address is not one mail address, as ann@example.com is', 422);
  return key;
}

function showSuppression(row: Suppression): SuppressionView {
  return { ...row, since: showInstant(row.since) };
}
