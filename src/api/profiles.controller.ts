/**
 * REST: profiles and their events, as they are stored and as they are written. In: a profile by the application's own
 * id, an anonymous one or our number. Out: what ingest had committed before the question, so a client reads its own
 * writes; a write answers with what is stored now.
 */
import {
  Body,
  Get,
  Headers,
  HttpException,
  Inject,
  Param,
  Post,
  Put,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
} from '@nestjs/swagger';
import type { ConnectionSource } from '../core/queryable.js';
import type { Clock } from '../core/clock.js';
import { CLOCK, CONNECTIONS } from '../core/tokens.js';
import { allows, type ApiKey } from '../ingest/api-keys.js';
import { findEvent, listEvents } from '../ingest/profiles.sql.js';
import { Acting, type Act } from './act.js';
import { actorOf } from './actor.js';
import { Asker, Needs } from './authorize.js';
import { readCursor, toPage } from '../core/cursor.js';
import {
  EventPage,
  EventsQuery,
  EventView,
  NewEvent,
  ProfileChange,
  ProfileQuery,
  ProfileView,
  WrittenQuery,
} from './profiles.dto.js';
import { Repeated } from './idempotency.js';
import { profileScores } from '../segments/profile-scores.js';
import { ProfileScores } from './scores.dto.js';
import { showInstant } from './show.js';
import { Rest, type Reply } from './rest.js';
import { profileNamed, showEvent, viewProfile } from './show-profile.js';
import { CallStore } from './store-call.js';

@Rest('profiles', 'profiles')
export class ProfilesController {
  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(CallStore) private readonly calls: CallStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get(':id')
  @Needs('read')
  @ApiOperation({ summary: 'One profile as it is stored now' })
  @ApiOkResponse({ type: ProfileView })
  async read(@Param('id') id: string, @Query() { kind }: ProfileQuery): Promise<ProfileView> {
    return viewProfile(this.sql, await profileNamed(this.sql, kind, id));
  }

  @Put(':id')
  @Needs('ingest')
  @ApiOperation({
    summary:
      'Set traits, as `identify` does: those named are set, null removes, others stay. Makes the profile when there is none',
  })
  @ApiOkResponse({ type: ProfileView })
  @ApiNoContentResponse({ description: 'stored; this key may not read' })
  async write(
    @Param('id') id: string,
    @Query() { kind }: WrittenQuery,
    @Req() { body }: { body?: unknown },
    @Body() { traits = {}, anonymousId }: ProfileChange,
    @Asker() key: ApiKey,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<ProfileView | undefined> {
    if (body === undefined || body === null) throw new HttpException(NOTHING_TO_WRITE, 422);
    if (kind === 'anonymous' && anonymousId !== undefined && anonymousId !== id)
      throw new HttpException('the path names another anonymous id already', 422);
    const call = {
      ...idsOf(kind, id),
      ...(kind === 'user' ? { anonymousId } : {}),
      traits: traits ?? {},
    };
    const { profileId } = await this.calls.store('identify', call, actorOf(key));
    if (allows(key, 'read')) return viewProfile(this.sql, profileId!);
    // A key for events alone may stand in a page: whoever finds it there reads nobody.
    reply.status(204);
    return undefined;
  }

  @Get(':id/scores')
  @Needs('read')
  @ApiOperation({ summary: 'Its scores now, each with what every rule of points gives' })
  @ApiOkResponse({ type: ProfileScores })
  async scores(@Param('id') id: string, @Query() { kind }: ProfileQuery): Promise<ProfileScores> {
    const profileId = await profileNamed(this.sql, kind, id);
    const { zone } = await viewProfile(this.sql, profileId);
    const at = await this.clock.now(this.sql);
    return { at: showInstant(at), scores: await profileScores(this.sql, { profileId, zone, at }) };
  }

  @Get(':id/events')
  @Needs('read')
  @ApiOperation({ summary: 'Its events, the latest first' })
  @ApiOkResponse({ type: EventPage })
  async events(@Param('id') id: string, @Query() query: EventsQuery): Promise<EventPage> {
    const before = readCursor<[number, number]>(query.cursor, 'number', 'number');
    const profileId = await profileNamed(this.sql, query.kind, id);
    const name = query.name ?? null;
    const rows = await listEvents(this.sql, profileId, { name, before, limit: query.limit + 1 });
    return toPage(rows, query, { key: (row) => [row.occurredAt, row.id], show: showEvent });
  }

  @Post(':id/events')
  @Repeated('held')
  @Needs('ingest')
  @ApiOperation({
    summary:
      'Something happened, as `track` says it. With a `messageId` that came before: 200 with the event of that time',
  })
  @ApiCreatedResponse({ type: EventView })
  @ApiOkResponse({ type: EventView })
  async track(
    @Param('id') id: string,
    @Query() { kind }: WrittenQuery,
    @Body() { name, ...event }: NewEvent,
    @Asker() key: ApiKey,
    @Acting() act: Act,
    @Res({ passthrough: true }) reply: Reply,
    @Headers('idempotency-key') idempotencyKey?: string,
  ): Promise<EventView> {
    const source = actorOf(key);
    // Held by the event itself, so that a process that dies before it has kept the answer stores nothing twice.
    const messageId = event.messageId ?? (idempotencyKey && `idempotency-key ${idempotencyKey}`);
    const call = { ...idsOf(kind, id), event: name, ...event, messageId };
    const stored = await this.calls.store('track', call, source);
    const profileId = stored.profileId ?? (await profileNamed(this.sql, kind, id));
    act.isAbout(profileId);
    const found = await findEvent(this.sql, profileId, { source, messageId: stored.messageId });
    if (!found) throw new HttpException('this messageId stands for another call of this key', 422);
    reply.status(stored.kind === 'stored' ? 201 : 200);
    return showEvent(found);
  }
}

const NOTHING_TO_WRITE =
  'nothing to write: send {"traits": {"email": "ann@example.com"}}; {} makes a profile without traits';

function idsOf(
  kind: WrittenQuery['kind'],
  id: string,
): { userId: string } | { anonymousId: string } {
  return kind === 'user' ? { userId: id } : { anonymousId: id };
}
