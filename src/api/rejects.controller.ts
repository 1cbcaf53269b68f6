/** REST: what was refused and why; the first stop when nothing happens. */
import { Get, Inject, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import type { ConnectionSource } from '../core/queryable.js';
import { CONNECTIONS } from '../core/tokens.js';
import { listRejects } from '../ingest/rejects.sql.js';
import { InstantField, readInstant } from './instant-field.js';
import { Needs } from './authorize.js';
import { readCursor, toPage } from '../core/cursor.js';
import { PageQuery } from './page.js';
import { Rest } from './rest.js';
import { showInstant } from './show.js';

class RejectsQuery extends PageQuery {
  @ApiPropertyOptional({ format: 'date-time', description: 'received at or after this' })
  @IsOptional()
  @InstantField()
  since?: string;

  @ApiPropertyOptional({ description: 'only this code' })
  @IsOptional()
  @IsString()
  @MaxLength(50)
  code?: string;
}

class RejectView {
  @ApiProperty()
  id: number;

  @ApiProperty({ format: 'date-time' })
  receivedAt: string;

  @ApiProperty({ description: 'the key that sent it, as `api:NAME`' })
  source: string;

  @ApiProperty()
  call: string;

  @ApiProperty()
  code: string;

  @ApiProperty()
  detail: string;

  @ApiProperty({ description: 'the item as it came, what cannot be stored made visible' })
  item: string;
}

class RejectPage {
  @ApiProperty({ type: [RejectView] })
  items: RejectView[];

  @ApiProperty({ type: String, nullable: true })
  next: string | null;
}

@Rest('rejects', 'ingest')
export class RejectsController {
  constructor(@Inject(CONNECTIONS) private readonly sql: ConnectionSource) {}

  @Get()
  @Needs('read')
  @ApiOperation({ summary: 'Refused items, the latest first' })
  @ApiOkResponse({ type: RejectPage })
  async list(@Query() query: RejectsQuery): Promise<RejectPage> {
    const rows = await listRejects(this.sql, {
      since: query.since === undefined ? null : readInstant(query.since),
      code: query.code ?? null,
      before: readCursor<[number]>(query.cursor, 'number')?.[0] ?? null,
      limit: query.limit + 1,
    });
    return toPage(rows, query, {
      key: ({ id }) => [id],
      show: (row) => ({ ...row, receivedAt: showInstant(row.receivedAt) }),
    });
  }
}
