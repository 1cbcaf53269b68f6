/** Console: asking for a backtest of a campaign, cancelling it, and its report. The campaign's page shows the last ones. */
import { Body, Get, HttpException, Inject, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import { recordAction } from '../../core/audit.js';
import type { ConnectionSource, Queryable } from '../../core/queryable.js';
import { CONNECTIONS } from '../../core/tokens.js';
import { inTransaction } from '../../core/transaction.js';
import { BacktestRunner } from '../../simulation/backtest-runner.service.js';
import {
  cancelBacktest,
  loadBacktest,
  loadReport,
  type StoredBacktest,
} from '../../simulation/backtests.sql.js';
import { requestBacktest } from '../../simulation/request-backtest.js';
import { For } from '../door/for.js';
import { Raw, Redirect } from '../frame/answer.js';
import { Asking, Console, read, readId } from '../frame/console.js';
import type { Visitor } from '../frame/visitor.js';
import { campaignHref } from './campaign.view.js';

const asking = z.object({
  campaign: z.string().max(200),
  from: z.string().max(40),
  to: z.string().max(40),
});

/** A report is a page of its own that needs nothing: no script runs in it, nothing is fetched. */
const REPORT_HEADERS = {
  'content-security-policy': "sandbox; default-src 'none'; style-src 'unsafe-inline'",
};

@Console('backtests')
export class BacktestsController {
  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(BacktestRunner) private readonly runner: BacktestRunner,
  ) {}

  @Post()
  @For('author')
  async request(@Body() body: unknown, @Asking() { actor: by, now }: Visitor): Promise<Redirect> {
    const asked = read(asking, body);
    await inTransaction(this.sql, (sql) => requestBacktest(sql, { ...asked, by, now }));
    this.runner.look();
    return new Redirect(campaignHref(asked.campaign), 'backtest');
  }

  @Post(':id/cancel')
  @For('author')
  async cancel(@Param('id') text: string, @Asking() { actor, now }: Visitor): Promise<Redirect> {
    const id = readId(text);
    const campaign = await inTransaction(this.sql, async (sql) => {
      const { campaign: name, state } = await find(sql, id);
      if (!(await cancelBacktest(sql, id, now))) throw new HttpException(`it is ${state}`, 409);
      const action = { action: 'backtest.cancel', subject: `campaign/${name}` };
      await recordAction(sql, { at: now, actor, ...action, detail: { backtest: id } });
      return name;
    });
    return new Redirect(campaignHref(campaign), 'backtestCancelled');
  }

  @Get(':id/report')
  @For('viewer')
  async report(@Param('id') text: string): Promise<Raw> {
    const { state } = await find(this.sql, readId(text));
    const report = await loadReport(this.sql, readId(text));
    if (report === null) throw new HttpException(`it is ${state}: there is no report`, 409);
    return new Raw('text/html; charset=utf-8', report, REPORT_HEADERS);
  }
}

async function find(sql: Queryable, id: number): Promise<StoredBacktest> {
  const found = await loadBacktest(sql, id);
  if (!found) throw new HttpException('there is no such backtest', 404);
  return found;
}
