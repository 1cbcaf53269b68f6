/**
 * REST: what a profile says about topics. In: topics with yes or no, where it was said and when. Out: what stands, topic
 * by topic, so that whoever sends an old statement sees the newer one that outweighs it.
 */
import { Body, Get, HttpException, Inject, Param, Put, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsNotEmpty,
  IsOptional,
  IsString,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import type { ConnectionSource, Queryable } from '../core/queryable.js';
import { CONNECTIONS, WAKE_UPS } from '../core/tokens.js';
import type { WakeUps } from '../core/wake-up.js';
import { currentReads } from '../definitions/load-definitions.js';
import { storeTopics } from '../ingest/topics.sql.js';
import type { Topic } from '../language/project/project-shapes.js';
import { InstantField, readInstant } from './instant-field.js';
import { Acting, type Act } from './act.js';
import { Needs } from './authorize.js';
import { ProfileQuery, TopicView } from './profiles.dto.js';
import { Rest } from './rest.js';
import { profileNamed, viewProfile } from './show-profile.js';

const MOST_TOPICS = 100;
const ALL = '*';

class TopicChange {
  @ApiProperty({ example: 'offers', description: 'as in rekindle.yaml; `*` = every topic' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  topic: string;

  @ApiProperty()
  @IsBoolean()
  subscribed: boolean;
}

class TopicsChange {
  @ApiProperty({ type: [TopicChange] })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MOST_TOPICS)
  @ValidateNested({ each: true })
  @Type(() => TopicChange)
  topics: TopicChange[];

  @ApiProperty({
    example: 'sign-up form',
    description: 'where it was said, for whoever has to prove it',
  })
  @IsString()
  @IsNotEmpty()
  @MaxLength(300)
  source: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'when it was said; default: now' })
  @IsOptional()
  @InstantField()
  at?: string;
}

class TopicList {
  @ApiProperty({ type: [TopicView] })
  items: TopicView[];
}

@Rest('profiles/:id/topics', 'profiles')
export class TopicsController {
  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(WAKE_UPS) private readonly wakeUps: WakeUps,
  ) {}

  @Get()
  @Needs('read')
  @ApiOperation({
    summary: 'What it said about topics; about the others it has their default',
  })
  @ApiOkResponse({ type: TopicList })
  async list(@Param('id') id: string, @Query() { kind }: ProfileQuery): Promise<TopicList> {
    return topicsOf(this.sql, await profileNamed(this.sql, kind, id));
  }

  @Put()
  // A key that may stand in a page must not say yes for anybody.
  @Needs('manage')
  @ApiOperation({
    summary:
      'Store consent or its withdrawal. The later of two statements about a topic stands; a no to `*` stands for every topic until a yes to `*`, and a yes to one topic meanwhile is recorded and is not `effective`. A yes to `*` leaves the no to one topic as it is. The same again changes nothing',
  })
  @ApiOkResponse({ type: TopicList })
  async change(
    @Param('id') id: string,
    @Query() { kind }: ProfileQuery,
    @Body() { topics, source, at }: TopicsChange,
    @Acting() act: Act,
  ): Promise<TopicList> {
    checkTopics(topics, (await currentReads(this.sql))?.project.topics ?? {});
    const said = topics.map(({ topic, subscribed }) => ({ topic, subscribed }));
    const answer = await act.once(async (sql, now) => {
      const changedAt = at === undefined ? now : readInstant(at);
      if (changedAt > now) throw new HttpException('at is in the future', 422);
      const profileId = await profileNamed(sql, kind, id);
      const statements = said.map((one) => ({ ...one, source, changedAt }));
      await storeTopics(sql, profileId, statements, now);
      const action = { action: 'profile.topics', subject: `profile/${profileId}` };
      await act.record(sql, now, { ...action, detail: { topics: said, source } });
      return topicsOf(sql, profileId);
    });
    this.wakeUps.wake('engine');
    return answer;
  }
}

async function topicsOf(sql: Queryable, profileId: number): Promise<TopicList> {
  return { items: (await viewProfile(sql, profileId)).topics };
}

function checkTopics(topics: readonly TopicChange[], known: Record<string, Topic>): void {
  const named = new Set<string>();
  for (const { topic } of topics) {
    if (named.has(topic)) throw new HttpException(`${topic} is named twice`, 422);
    named.add(topic);
    if (topic !== ALL && !Object.hasOwn(known, topic))
      throw new HttpException(
        { message: `there is no topic ${topic}`, topics: [...Object.keys(known).toSorted(), ALL] },
        422,
      );
  }
}
