/**
 * REST: pause and resume sending, everything or one provider, sender, domain or campaign. In: a scope, for all but
 * `all` a name, and why. Out: the pauses in force and how many due messages each holds back. Nothing is lost.
 */
import { Body, Delete, Get, HttpCode, HttpException, Inject, Put, Query } from '@nestjs/common';
import {
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiPropertyOptional,
} from '@nestjs/swagger';
import { IsIn, IsNotEmpty, IsOptional, IsString, MaxLength } from 'class-validator';
import type { Clock } from '../core/clock.js';
import { NEVER, type Instant } from '../core/instant.js';
import type { ConnectionSource, Queryable } from '../core/queryable.js';
import { CLOCK, CONNECTIONS, WAKE_UPS } from '../core/tokens.js';
import type { WakeUps } from '../core/wake-up.js';
import { pauseName } from '../delivery/pause-name.js';
import {
  liftPause,
  listPauses,
  PAUSE_SCOPES,
  setPause,
  type PauseScope,
} from '../delivery/pauses.sql.js';
import { InstantField, readInstant } from './instant-field.js';
import { Acting, type Act } from './act.js';
import { Needs } from './authorize.js';
import { Rest } from './rest.js';
import { showInstant, showOptionalInstant } from './show.js';

class PauseName {
  @ApiProperty({ enum: PAUSE_SCOPES })
  @IsIn(PAUSE_SCOPES)
  scope: PauseScope;

  @ApiPropertyOptional({
    description: 'of the provider, sender, domain or campaign; none with `all`',
  })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  name?: string;
}

class NewPause extends PauseName {
  @ApiProperty({ description: 'for whoever asks why nothing is sent' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(300)
  why: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'without it: until it is lifted' })
  @IsOptional()
  @InstantField()
  until?: string;
}

class PauseView {
  @ApiProperty({ enum: PAUSE_SCOPES })
  scope: PauseScope;

  @ApiProperty()
  name: string;

  @ApiProperty({ format: 'date-time' })
  since: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  until: string | null;

  @ApiProperty()
  setBy: string;

  @ApiProperty()
  why: string;

  @ApiProperty({ description: 'due messages that it holds back' })
  holds: number;
}

class PauseList {
  @ApiProperty({ type: [PauseView] })
  items: PauseView[];
}

@Rest('pauses', 'sending')
export class PausesController {
  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(WAKE_UPS) private readonly wakeUps: WakeUps,
  ) {}

  @Get()
  @Needs('read')
  @ApiOperation({ summary: 'Pauses in force, those that delivery set itself too' })
  @ApiOkResponse({ type: PauseList })
  async list(): Promise<PauseList> {
    return inForce(this.sql, await this.clock.now(this.sql));
  }

  @Put()
  @Needs('manage')
  @ApiOperation({ summary: 'Pause; the answer is the list of pauses now in force' })
  @ApiOkResponse({ type: PauseList })
  async pause(@Body() asked: NewPause, @Acting() act: Act): Promise<PauseList> {
    const what = pauseName(asked);
    const { why } = asked;
    return act.once(async (sql, now) => {
      const until = asked.until === undefined ? NEVER : readInstant(asked.until);
      if (until <= now) throw new HttpException('until is in the past', 422);
      await setPause(sql, { ...what, until, setBy: act.actor, why, now });
      const action = { action: 'pause.set', subject: subjectOf(what) };
      await act.record(sql, now, { ...action, detail: { why, until: asked.until ?? null } });
      return inForce(sql, now);
    });
  }

  @Delete()
  @Needs('manage')
  @HttpCode(204)
  @ApiOperation({ summary: 'Lift a pause; what it held back is sent from now on' })
  @ApiNoContentResponse()
  async resume(@Query() asked: PauseName, @Acting() act: Act): Promise<void> {
    const what = pauseName(asked);
    await act.once(async (sql, now) => {
      if (!(await liftPause(sql, what)))
        throw new HttpException('nothing of this name is paused', 404);
      await act.record(sql, now, { action: 'pause.lift', subject: subjectOf(what) });
    });
    this.wakeUps.wake('delivery');
  }
}

async function inForce(sql: Queryable, now: Instant): Promise<PauseList> {
  const pauses = await listPauses(sql, now);
  return {
    items: pauses.map((pause) => ({
      ...pause,
      since: showInstant(pause.since),
      until: showOptionalInstant(pause.until),
    })),
  };
}

function subjectOf({ scope, name }: { scope: string; name: string }): string {
  return name === '' ? `pause/${scope}` : `pause/${scope}/${name}`;
}
