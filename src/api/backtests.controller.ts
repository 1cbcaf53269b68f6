/**
 * REST: backtests: a live campaign on the events that were recorded, in the background. Asking for one, how far it has come,
 * its figures and its report, and cancelling it. Live data is only read.
 */
import {
  Body,
  Get,
  Header,
  HttpCode,
  HttpException,
  Inject,
  Param,
  Post,
  Query,
} from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiProduces } from '@nestjs/swagger';
import type { Clock } from '../core/clock.js';
import { readCursor, toPage } from '../core/cursor.js';
import type { ConnectionSource, Queryable } from '../core/queryable.js';
import { CLOCK, CONNECTIONS } from '../core/tokens.js';
import { loadCampaign } from '../delivery/campaigns.sql.js';
import { BacktestRunner } from '../simulation/backtest-runner.service.js';
import {
  cancelBacktest,
  listBacktests,
  loadBacktest,
  loadReport,
  type StoredBacktest,
} from '../simulation/backtests.sql.js';
import { requestBacktest } from '../simulation/request-backtest.js';
import { Acting, type Act } from './act.js';
import { Needs } from './authorize.js';
import { BacktestBody, BacktestPage, BacktestView, showBacktest } from './backtests.dto.js';
import { PageQuery } from './page.js';
import { ReadId } from './read-id.js';
import { Rest } from './rest.js';

@Rest('', 'campaigns')
export class BacktestsController {
  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(BacktestRunner) private readonly runner: BacktestRunner,
  ) {}

  @Post('campaigns/:id/backtests')
  @HttpCode(202)
  @Needs('manage')
  @ApiOperation({
    summary: 'Run the live campaign on the events that were recorded between two times',
    description:
      'In the background, one at a time, half an hour at most. Those in its segment before `from` do not enter. 429 when too many wait.',
  })
  @ApiAcceptedResponse({ type: BacktestView })
  async request(
    @Param('id') id: string,
    @Body() { from, to }: BacktestBody,
    @Acting() act: Act,
  ): Promise<BacktestView> {
    const campaign = readName(id);
    const asked = await act.once(async (sql, now) =>
      showBacktest(await requestBacktest(sql, { campaign, from, to, by: act.actor, now })),
    );
    this.runner.look();
    return asked;
  }

  @Get('campaigns/:id/backtests')
  @Needs('read')
  @ApiOperation({ summary: 'Backtests of a campaign, the latest first; the last twenty are kept' })
  @ApiOkResponse({ type: BacktestPage })
  async list(@Param('id') id: string, @Query() query: PageQuery): Promise<BacktestPage> {
    const campaign = readName(id);
    if (!(await loadCampaign(this.sql, campaign, await this.clock.now(this.sql))))
      throw new HttpException('no such campaign', 404);
    const before = readCursor<[number]>(query.cursor, 'number')?.[0] ?? null;
    const rows = await listBacktests(this.sql, { campaign, before, limit: query.limit + 1 });
    return toPage(rows, query, { key: (row) => [row.id], show: showBacktest });
  }

  @Get('backtests/:id')
  @Needs('read')
  @ApiOperation({ summary: 'One backtest: how far it has come, or its figures' })
  @ApiOkResponse({ type: BacktestView })
  async read(@Param('id', ReadId) id: number): Promise<BacktestView> {
    return showBacktest(await find(this.sql, id));
  }

  @Get('backtests/:id/report')
  @Needs('read')
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', "sandbox; default-src 'none'; style-src 'unsafe-inline'")
  @ApiOperation({ summary: 'Its report: one HTML file that needs nothing else' })
  @ApiProduces('text/html')
  @ApiOkResponse({ content: { 'text/html': { schema: { type: 'string' } } } })
  async report(@Param('id', ReadId) id: number): Promise<string> {
    const { state } = await find(this.sql, id);
    const report = await loadReport(this.sql, id);
    if (report === null) throw new HttpException(`it is ${state}: there is no report`, 409);
    return report;
  }

  @Post('backtests/:id/cancel')
  @HttpCode(200)
  @Needs('manage')
  @ApiOperation({ summary: 'End one that waits or runs; nothing of it is kept' })
  @ApiOkResponse({ type: BacktestView })
  async cancel(@Param('id', ReadId) id: number, @Acting() act: Act): Promise<BacktestView> {
    return act.once(async (sql, now) => {
      const { campaign, state } = await find(sql, id);
      if (!(await cancelBacktest(sql, id, now))) throw new HttpException(`it is ${state}`, 409);
      const action = { action: 'backtest.cancel', subject: `campaign/${campaign}` };
      await act.record(sql, now, { ...action, detail: { backtest: id } });
      return showBacktest(await find(sql, id));
    });
  }
}

async function find(sql: Queryable, id: number): Promise<StoredBacktest> {
  const found = await loadBacktest(sql, id);
  if (!found) throw new HttpException('no such backtest', 404);
  return found;
}

function readName(campaign: string): string {
  if (/\0|\p{Surrogate}/u.test(campaign)) throw new HttpException('no such campaign is live', 404);
  return campaign;
}
