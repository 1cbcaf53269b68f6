/** REST: one enrolment with the steps behind it, and ending it by hand. Making one: campaigns/{id}/enrolments. */
import { Body, Get, HttpCode, HttpException, Inject, Param, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { exitEnrolment, listSteps, loadEnrolment } from '../campaigns/enrolments.sql.js';
import { listMoves } from '../campaigns/migrations.sql.js';
import type { ConnectionSource, Queryable } from '../core/queryable.js';
import { CONNECTIONS } from '../core/tokens.js';
import { Acting, type Act } from './act.js';
import { Needs } from './authorize.js';
import {
  EnrolmentDetail,
  ExitRequest,
  showEnrolment,
  showMove,
  showStep,
} from './enrolments.dto.js';
import { Rest } from './rest.js';

@Rest('enrolments', 'campaigns')
export class EnrolmentsController {
  constructor(@Inject(CONNECTIONS) private readonly sql: ConnectionSource) {}

  @Get(':id')
  @Needs('read')
  @ApiOperation({ summary: 'One enrolment and the steps behind it' })
  @ApiOkResponse({ type: EnrolmentDetail })
  async read(@Param('id') id: string): Promise<EnrolmentDetail> {
    return find(this.sql, id);
  }

  @Post(':id/exit')
  @HttpCode(200)
  @Needs('manage')
  @ApiOperation({ summary: 'End it; what it had decided and not handed over is not sent' })
  @ApiOkResponse({ type: EnrolmentDetail })
  async exit(
    @Param('id') id: string,
    @Body() { why }: ExitRequest,
    @Acting() act: Act,
  ): Promise<EnrolmentDetail> {
    return act.once(async (sql, now) => {
      const { id: number, campaign, profileId } = await find(sql, id);
      act.isAbout(profileId);
      if (!(await exitEnrolment(sql, { id: number, because: `exit: ${why}`, now })))
        throw new HttpException('it has ended already', 409);
      const action = { action: 'enrolment.exit', subject: `enrolment/${number}` };
      await act.record(sql, now, { ...action, detail: { why, campaign } });
      return find(sql, id);
    });
  }
}

async function find(sql: Queryable, id: string): Promise<EnrolmentDetail> {
  const number = /^\d{1,15}$/.test(id) ? Number(id) : null;
  const found = number === null ? null : await loadEnrolment(sql, number);
  if (!found) throw new HttpException('no such enrolment', 404);
  const steps = await listSteps(sql, found);
  const moves = (await listMoves(sql, [found.id])).get(found.id) ?? [];
  return { ...showEnrolment(found), steps: steps.map(showStep), moves: moves.map(showMove) };
}
