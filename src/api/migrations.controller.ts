/**
 * REST: migrations: what moving those under way to the live version of their campaign would do, asking for it, and how
 * far it has come. As with apply, what was shown is named by its hash.
 */
import { Body, Get, HttpCode, HttpException, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiOperation, getSchemaPath } from '@nestjs/swagger';
import { isBroadcastId } from '../campaigns/broadcasts.sql.js';
import { listMigrations, loadMigration } from '../campaigns/migrations.sql.js';
import { planMigration } from '../campaigns/plan-migration.js';
import { requestMigration } from '../campaigns/request-migration.js';
import type { Clock } from '../core/clock.js';
import { readCursor, toPage } from '../core/cursor.js';
import type { ConnectionSource } from '../core/queryable.js';
import { CLOCK, CONNECTIONS, WAKE_UPS } from '../core/tokens.js';
import type { WakeUps } from '../core/wake-up.js';
import { loadCampaign } from '../delivery/campaigns.sql.js';
import { Acting, type Act } from './act.js';
import { Needs } from './authorize.js';
import {
  MigrationBody,
  MigrationPage,
  MigrationPlanView,
  MigrationView,
  showMigration,
} from './migrations.dto.js';
import { PageQuery } from './page.js';
import { Rest } from './rest.js';

@Rest('', 'campaigns')
export class MigrationsController {
  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(WAKE_UPS) private readonly wakeUps: WakeUps,
  ) {}

  @Post('campaigns/:id/migrations')
  @HttpCode(200)
  @Needs('manage')
  @ApiOperation({
    summary:
      'Move those under way to the live version, by step id; or show what that would do (dry_run)',
    description:
      'Without dry_run it needs `plan`, the hash of the dry run with the same `from` and `map`: 409 when it would show something else by now. The engine moves them; `left` says how many are still to come.',
  })
  @ApiExtraModels(MigrationPlanView, MigrationView)
  @ApiOkResponse({
    schema: {
      oneOf: [{ $ref: getSchemaPath(MigrationView) }, { $ref: getSchemaPath(MigrationPlanView) }],
    },
  })
  async request(
    @Param('id') campaign: string,
    @Body() { dry_run, from, map: said = {}, plan }: MigrationBody,
    @Acting() act: Act,
  ): Promise<MigrationView | MigrationPlanView> {
    const question = { campaign: readName(campaign), from: from ?? null, map: readMap(said) };
    if (dry_run) {
      if (plan !== undefined) throw new HttpException('dry_run only shows: leave plan out', 422);
      const now = await this.clock.now(this.sql);
      return (await planMigration(this.sql, question, now)).plan;
    }
    if (plan === undefined)
      throw new HttpException('say plan: the hash that {"dry_run": true} gives', 422);
    const asked = await act.once(async (sql, now) =>
      showMigration(await requestMigration(sql, { ...question, plan, by: act.actor, now })),
    );
    this.wakeUps.wake('engine');
    return asked;
  }

  @Get('campaigns/:id/migrations')
  @Needs('read')
  @ApiOperation({ summary: 'Migrations of a campaign, the latest first' })
  @ApiOkResponse({ type: MigrationPage })
  async list(@Param('id') campaign: string, @Query() query: PageQuery): Promise<MigrationPage> {
    const before = readCursor<[number, string]>(query.cursor, 'number', 'string');
    if (before && !isBroadcastId(before[1]))
      throw new HttpException('the cursor is none that this list gave', 400);
    const name = readName(campaign);
    if (!(await loadCampaign(this.sql, name, await this.clock.now(this.sql))))
      throw new HttpException('no such campaign', 404);
    const rows = await listMigrations(this.sql, {
      campaign: name,
      before,
      limit: query.limit + 1,
    });
    return toPage(rows, query, {
      key: ({ requestedAt, id }) => [requestedAt, id],
      show: showMigration,
    });
  }

  @Get('migrations/:id')
  @Needs('read')
  @ApiOperation({ summary: 'One migration, and how far it has come' })
  @ApiOkResponse({ type: MigrationView })
  async read(@Param('id') id: string): Promise<MigrationView> {
    const found = isBroadcastId(id) ? await loadMigration(this.sql, id) : null;
    if (!found) throw new HttpException('no such migration', 404);
    return showMigration(found);
  }
}

function readName(campaign: string): string {
  if (/\0|\p{Surrogate}/u.test(campaign)) throw new HttpException('no such campaign is live', 404);
  return campaign;
}

function readMap(said: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(said).map(([before, after]) => {
      if (typeof after === 'string') return [before, after];
      throw new HttpException(`map: ${before} must name a step`, 422);
    }),
  );
}
