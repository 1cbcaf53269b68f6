/** REST: segments: which there are and how large, who is in them, who came and went day by day. */
import { Get, HttpException, Inject, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, Max, Min } from 'class-validator';
import { localDate } from '../core/calendar.js';
import type { Clock } from '../core/clock.js';
import type { ConnectionSource } from '../core/queryable.js';
import { lastDays } from '../core/spans.js';
import { CLOCK, CONNECTIONS } from '../core/tokens.js';
import { currentReads } from '../definitions/load-definitions.js';
import {
  listMembers,
  listSegments,
  loadSegment,
  segmentHistory,
  type StoredSegment,
} from '../segments/segments.sql.js';
import { Needs } from './authorize.js';
import { readCursor, toPage } from '../core/cursor.js';
import { PageQuery } from './page.js';
import { Rest } from './rest.js';
import { showInstant, type Shown } from './show.js';

const MOST_DAYS = 366;

class HistoryQuery {
  @ApiPropertyOptional({ minimum: 1, maximum: MOST_DAYS, default: 30 })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MOST_DAYS)
  days: number = 30;
}

class SegmentView {
  @ApiProperty({ description: '`CAMPAIGN/who` is the one that a campaign describes itself' })
  id: string;

  @ApiProperty({ type: String, nullable: true })
  description: string | null;

  @ApiProperty()
  version: number;

  @ApiProperty({ format: 'date-time' })
  appliedAt: string;

  @ApiProperty()
  members: number;

  @ApiProperty({ description: 'false: profiles are still being judged by this version' })
  built: boolean;
}

class SegmentDetail extends SegmentView {
  @ApiProperty({ description: 'as the author wrote it' })
  source: string;
}

class SegmentPage {
  @ApiProperty({ type: [SegmentView] })
  items: SegmentView[];

  @ApiProperty({ type: String, nullable: true })
  next: string | null;
}

class MemberView {
  @ApiProperty()
  profileId: number;

  @ApiProperty({ type: String, nullable: true })
  userId: string | null;

  @ApiProperty({ format: 'date-time' })
  since: string;
}

class MemberPage {
  @ApiProperty({ type: [MemberView] })
  items: MemberView[];

  @ApiProperty({ type: String, nullable: true })
  next: string | null;
}

class DayView {
  @ApiProperty({ format: 'date', description: 'in the zone of the project' })
  day: string;

  @ApiProperty()
  entered: number;

  @ApiProperty()
  exited: number;

  @ApiProperty({ description: 'at the end of the day; of today: now' })
  members: number;
}

class SegmentHistory {
  @ApiProperty({ type: [DayView], description: 'the oldest first, today last' })
  items: DayView[];
}

@Rest('segments', 'segments')
export class SegmentsController {
  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @Needs('read')
  @ApiOperation({ summary: 'Live segments, by id' })
  @ApiOkResponse({ type: SegmentPage })
  async list(@Query() query: PageQuery): Promise<SegmentPage> {
    const after = readCursor<[string]>(query.cursor, 'string')?.[0] ?? null;
    const rows = await listSegments(this.sql, { after, limit: query.limit + 1 });
    return toPage(rows, query, { key: ({ id }) => [id], show: showSegment });
  }

  @Get(':id')
  @Needs('read')
  @ApiOperation({ summary: 'One segment and its source' })
  @ApiOkResponse({ type: SegmentDetail })
  async read(@Param('id') id: string): Promise<SegmentDetail> {
    const segment = await this.find(id);
    return { ...showSegment(segment), source: segment.source };
  }

  @Get(':id/members')
  @Needs('read')
  @ApiOperation({ summary: 'Who is in it now, in the order of our numbers' })
  @ApiOkResponse({ type: MemberPage })
  async members(@Param('id') id: string, @Query() query: PageQuery): Promise<MemberPage> {
    const segment = await this.find(id);
    const after = readCursor<[number]>(query.cursor, 'number')?.[0] ?? null;
    const rows = await listMembers(this.sql, segment.id, { after, limit: query.limit + 1 });
    return toPage(rows, query, {
      key: ({ profileId }) => [profileId],
      show: ({ profileId, userId, since }) => ({ profileId, userId, since: showInstant(since) }),
    });
  }

  @Get(':id/history')
  @Needs('read')
  @ApiOperation({ summary: 'Who came and went, day by day' })
  @ApiOkResponse({ type: SegmentHistory })
  async history(@Param('id') id: string, @Query() { days }: HistoryQuery): Promise<SegmentHistory> {
    const segment = await this.find(id);
    const zone = (await currentReads(this.sql))?.project.zone ?? 'UTC';
    const bounds = lastDays(await this.clock.now(this.sql), zone, days);
    const spans = await segmentHistory(this.sql, segment.id, bounds);
    return {
      items: spans.map(({ entered, exited, members }, i) => ({
        day: localDate(bounds[i]!, zone),
        entered,
        exited,
        members,
      })),
    };
  }

  private async find(id: string): Promise<StoredSegment> {
    const found = /\0|\p{Surrogate}/u.test(id) ? null : await loadSegment(this.sql, id);
    if (!found) throw new HttpException('no such segment is live', 404);
    return found;
  }
}

function showSegment(row: StoredSegment): Shown<SegmentView> {
  return {
    id: row.id,
    description: row.definition.description,
    version: row.version,
    appliedAt: showInstant(row.appliedAt),
    members: row.members,
    built: row.built,
  };
}
