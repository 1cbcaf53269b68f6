/**
 * Console: pausing and resuming. What to pause is asked first, then shown with how many messages it would hold, then
 * done; so nobody presses a red button without the number.
 */
import { Body, Get, HttpException, Inject, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { recordAction } from '../../core/audit.js';
import { NEVER } from '../../core/instant.js';
import type { ConnectionSource } from '../../core/queryable.js';
import { CONNECTIONS, WAKE_UPS } from '../../core/tokens.js';
import { inTransaction } from '../../core/transaction.js';
import type { WakeUps } from '../../core/wake-up.js';
import { heldOutlook } from '../../delivery/held-outlook.sql.js';
import { pauseName } from '../../delivery/pause-name.js';
import {
  countHeld,
  findPause,
  liftPause,
  PAUSE_SCOPES,
  setPause,
} from '../../delivery/pauses.sql.js';
import { For } from '../door/for.js';
import { Page, Redirect } from '../frame/answer.js';
import { Asking, Console, optionalText, read } from '../frame/console.js';
import type { Visitor } from '../frame/visitor.js';
import { campaignHref } from './campaign.view.js';
import { PAUSED_FILTERS } from './messages.view.js';
import { LiftPauseView, PAUSE_ORIGINS, PauseView, type PauseOrigin } from './pauses.view.js';

const named = z.object({
  scope: z.enum(PAUSE_SCOPES),
  name: optionalText(200),
  from: z.enum(PAUSE_ORIGINS).optional(),
});
const pause = named.extend({ why: z.string().trim().min(1).max(300) });

const AT = '/console/system';

@Console('pauses')
export class PausesController {
  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(WAKE_UPS) private readonly wakeUps: WakeUps,
  ) {}

  @Get('new')
  @For('operator')
  async ask(@Query() query: unknown, @Asking() { now }: Visitor): Promise<Page> {
    const { from, ...asked } = read(named, query);
    const what = pauseName(asked);
    const holds = await countHeld(this.sql, { ...what, now });
    return new Page({
      title: (texts) => texts.system.pauseSubmit,
      place: 'system',
      body: <PauseView {...what} holds={holds} from={from} back={backTo(from, what)} />,
    });
  }

  @Post()
  @For('operator')
  async pause(@Body() body: unknown, @Asking() { actor, now }: Visitor): Promise<Redirect> {
    const { why, from, ...asked } = read(pause, body);
    const what = pauseName(asked);
    await inTransaction(this.sql, async (sql) => {
      await setPause(sql, { ...what, until: NEVER, setBy: actor, why, now });
      const action = { action: 'pause.set', subject: subjectOf(what) };
      await recordAction(sql, { at: now, actor, ...action, detail: { why } });
    });
    return new Redirect(backTo(from, what), 'paused');
  }

  @Get('lift')
  @For('operator')
  async askLift(@Query() query: unknown, @Asking() { now }: Visitor): Promise<Page> {
    const { from, ...asked } = read(named, query);
    const what = pauseName(asked);
    const [standing, holds, outlook] = await Promise.all([
      findPause(this.sql, { ...what, now }),
      countHeld(this.sql, { ...what, now }),
      what.scope === 'campaign' ? heldOutlook(this.sql, { campaign: what.name, now }) : null,
    ]);
    if (!standing) throw unknown();
    return new Page({
      title: (texts) => texts.system.liftSubmit,
      place: 'system',
      body: (
        <LiftPauseView
          standing={standing}
          holds={holds}
          outlook={outlook}
          from={from}
          back={backTo(from, what)}
        />
      ),
    });
  }

  @Post('lift')
  @For('operator')
  async lift(@Body() body: unknown, @Asking() { actor, now }: Visitor): Promise<Redirect> {
    const { from, ...asked } = read(named, body);
    const what = pauseName(asked);
    await inTransaction(this.sql, async (sql) => {
      const stood = await findPause(sql, { ...what, now });
      if (!stood || !(await liftPause(sql, what))) throw unknown();
      const action = { action: 'pause.lift', subject: subjectOf(what) };
      const { since, setBy, why } = stood;
      await recordAction(sql, { at: now, actor, ...action, detail: { since, setBy, why } });
    });
    this.wakeUps.wake('delivery');
    return new Redirect(backTo(from, what), 'resumed');
  }
}

/** The page where it was asked: of the campaign, or the send log with what it is about. */
function backTo(
  from: PauseOrigin | undefined,
  { scope, name }: { scope: string; name: string },
): string {
  if (from === 'campaign' && scope === 'campaign') return campaignHref(name);
  if (from === 'messages') {
    const isFilter = PAUSED_FILTERS.some((filter) => filter === scope);
    return `/console/messages${isFilter ? `?${new URLSearchParams({ [scope]: name })}` : ''}`;
  }
  return AT;
}

function subjectOf({ scope, name }: { scope: string; name: string }): string {
  return name === '' ? `pause/${scope}` : `pause/${scope}/${name}`;
}

function unknown(): HttpException {
  return new HttpException('nothing of this name is paused', 404);
}
