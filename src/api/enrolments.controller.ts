/** REST: one enrolment with the steps behind it, and ending it by hand. Making one: campaigns/{id}/enrolments. */
import { Body, Get, HttpCode, HttpException, Inject, Param, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import {
  exitEnrolment,
  listSteps,
  loadEnrolment,
  type StoredEnrolment,
} from '../campaigns/enrolments.sql.js';
import { recordAction } from '../core/audit.js';
import type { Clock } from '../core/clock.js';
import type { ConnectionSource } from '../core/queryable.js';
import { CLOCK, CONNECTIONS } from '../core/tokens.js';
import { actorOf } from './actor.js';
import { Asker, Needs } from './authorize.js';
import type { ApiKey } from '../ingest/api-keys.js';
import { EnrolmentDetail, ExitRequest, showEnrolment, showStep } from './enrolments.dto.js';
import { Rest } from './rest.js';

@Rest('enrolments', 'campaigns')
export class EnrolmentsController {
  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get(':id')
  @Needs('read')
  @ApiOperation({ summary: 'One enrolment and the steps behind it' })
  @ApiOkResponse({ type: EnrolmentDetail })
  async read(@Param('id') id: string): Promise<EnrolmentDetail> {
    return this.show(await this.find(id));
  }

  @Post(':id/exit')
  @HttpCode(200)
  @Needs('manage')
  @ApiOperation({ summary: 'End it; what it had decided and not handed over is not sent' })
  @ApiOkResponse({ type: EnrolmentDetail })
  async exit(
    @Param('id') id: string,
    @Body() { why }: ExitRequest,
    @Asker() key: ApiKey,
  ): Promise<EnrolmentDetail> {
    const enrolment = await this.find(id);
    const now = await this.clock.now(this.sql);
    const because = `exit: ${why}`;
    if (!(await exitEnrolment(this.sql, { id: enrolment.id, because, now })))
      throw new HttpException('it has ended already', 409);
    const { campaign } = enrolment;
    const action = { action: 'enrolment.exit', subject: `enrolment/${enrolment.id}` };
    const detail = { why, campaign };
    await recordAction(this.sql, { at: now, actor: actorOf(key), ...action, detail });
    return this.show(await this.find(id));
  }

  private async find(id: string): Promise<StoredEnrolment> {
    const number = /^\d{1,15}$/.test(id) ? Number(id) : null;
    const found = number === null ? null : await loadEnrolment(this.sql, number);
    if (!found) throw new HttpException('no such enrolment', 404);
    return found;
  }

  private async show(enrolment: StoredEnrolment): Promise<EnrolmentDetail> {
    const steps = await listSteps(this.sql, enrolment);
    return { ...showEnrolment(enrolment), steps: steps.map(showStep) };
  }
}
