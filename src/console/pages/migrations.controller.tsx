/** Console: moving those under way to the live version of their campaign, after a look at what that does. */
import { Body, Get, HttpException, Inject, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import type { StepMap } from '../../campaigns/decide-move.js';
import { planMigration } from '../../campaigns/plan-migration.js';
import { requestMigration } from '../../campaigns/request-migration.js';
import type { ConnectionSource } from '../../core/queryable.js';
import { CONNECTIONS, WAKE_UPS } from '../../core/tokens.js';
import { inTransaction } from '../../core/transaction.js';
import type { WakeUps } from '../../core/wake-up.js';
import { loadCampaign } from '../../delivery/campaigns.sql.js';
import { allSteps } from '../../language/steps.js';
import { For } from '../door/for.js';
import { Page, Redirect } from '../frame/answer.js';
import { Asking, Console, read } from '../frame/console.js';
import type { Visitor } from '../frame/visitor.js';
import { campaignHref } from './campaign.view.js';
import { MAPPED, MigrationView } from './migration.view.js';

const fields = z.record(z.string(), z.string().max(500));
const carriedOut = z.object({ plan: z.string().regex(/^[\da-f]{64}$/) });

@Console('campaigns')
export class MigrationsController {
  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(WAKE_UPS) private readonly wakeUps: WakeUps,
  ) {}

  @Get(':id/migrate')
  @For('operator')
  async ask(
    @Param('id') campaign: string,
    @Query() query: unknown,
    @Asking() { now }: Visitor,
  ): Promise<Page> {
    const live = await loadCampaign(this.sql, campaign, now);
    if (!live) throw new HttpException('there is no such campaign', 404);
    const question = { campaign, from: null, map: readMap(query) };
    const { plan } = await planMigration(this.sql, question, now);
    const targets = allSteps(live.definition.steps).map(({ id }) => id);
    return new Page({
      title: (texts) => texts.migrations.title(campaign, plan.to),
      place: 'campaigns',
      body: <MigrationView plan={plan} targets={targets} />,
    });
  }

  @Post(':id/migrate')
  @For('operator')
  async migrate(
    @Param('id') campaign: string,
    @Body() body: unknown,
    @Asking() { actor: by, now }: Visitor,
  ): Promise<Redirect> {
    const { plan } = read(carriedOut, body);
    const question = { campaign, from: null, map: readMap(body) };
    await inTransaction(this.sql, (sql) => requestMigration(sql, { ...question, plan, by, now }));
    this.wakeUps.wake('engine');
    return new Redirect(campaignHref(campaign), 'migrate');
  }
}

/** `map.OLD` = NEW; what is left empty stays. */
function readMap(form: unknown): StepMap {
  const mapped = Object.entries(read(fields, form)).filter(
    ([name, step]) => name.startsWith(MAPPED) && step !== '',
  );
  return Object.fromEntries(mapped.map(([name, step]) => [name.slice(MAPPED.length), step]));
}
