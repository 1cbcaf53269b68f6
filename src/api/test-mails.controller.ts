/** REST: a template as one person would get it, as a real mail to whoever writes it, and what became of that. */
import { Body, Get, HttpCode, HttpException, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiProperty } from '@nestjs/swagger';
import { IsNotEmpty, IsString, MaxLength } from 'class-validator';
import type { Environment } from '../core/environment.js';
import { parseAddress } from '../core/parse-address.js';
import type { ConnectionSource } from '../core/queryable.js';
import { CONNECTIONS, ENVIRONMENT, WAKE_UPS } from '../core/tokens.js';
import type { WakeUps } from '../core/wake-up.js';
import { comeLater } from '../delivery/copy-limits.sql.js';
import { loadTest } from '../delivery/message-copies.sql.js';
import { askForTest } from '../delivery/test-mails.js';
import { TemplateCache } from '../messages/compile-template.js';
import { Acting, type Act } from './act.js';
import { Needs } from './authorize.js';
import { CopyView, showCopy } from './message-detail.dto.js';
import { PreviewRequest } from './preview.controller.js';
import { ProfileQuery } from './profiles.dto.js';
import { ReadId } from './read-id.js';
import { Rest } from './rest.js';
import { profileNamed } from './show-profile.js';

class TestMailRequest extends PreviewRequest {
  @ApiProperty({ example: 'me@acme.example', description: 'your own address' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(320)
  to: string;
}

@Rest('', 'profiles')
export class TestMailsController {
  private readonly templates = new TemplateCache(20);

  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(WAKE_UPS) private readonly wakeUps: WakeUps,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  @Post('profiles/:id/test-mails')
  @HttpCode(202)
  @Needs('manage')
  @ApiOperation({
    summary: 'Send a template with the data of this person to yourself',
    description:
      'One real mail, marked [test], with a link that unsubscribes nobody. The person gets nothing, no cap counts it, the send log does not have it. 409 for an address that is suppressed or is the person’s own, 422 when it cannot be rendered, 429 when you or the address had too many within an hour.',
  })
  @ApiAcceptedResponse({ type: CopyView })
  async send(
    @Param('id') id: string,
    @Query() { kind }: ProfileQuery,
    @Body() { template, campaign, entry, locale, to }: TestMailRequest,
    @Acting() act: Act,
  ): Promise<CopyView> {
    const address = parseAddress(to);
    if (address === null)
      throw new HttpException('to is not one mail address, as me@acme.example is', 422);
    const profileId = await profileNamed(this.sql, kind, id);
    act.isAbout(profileId);
    const request = {
      profileId,
      template,
      campaign: campaign ?? null,
      entry: entry ?? null,
      locale: locale ?? null,
      address,
    };
    const { publicUrl: links, copyLimits: limits } = this.environment;
    const rendering = { templates: this.templates, links, limits };
    const test = await act.once(async (sql, now) => {
      const asked = await askForTest(sql, request, rendering, { actor: act.actor, now });
      if ('unknown' in asked) throw new HttpException(`no such ${asked.unknown} is live`, 404);
      if ('tooMany' in asked) throw comeLater(asked.tooMany);
      if ('refused' in asked)
        throw new HttpException(asked.why, asked.refused === 'not_rendered' ? 422 : 409);
      return showCopy(asked.test);
    });
    this.wakeUps.wake('delivery');
    return test;
  }

  @Get('test-mails/:id')
  @Needs('read')
  @ApiOperation({ summary: 'What became of a test; forgotten after 30 days' })
  @ApiOkResponse({ type: CopyView })
  async read(@Param('id', ReadId) id: number): Promise<CopyView> {
    const found = await loadTest(this.sql, id);
    if (!found) throw new HttpException('no such test', 404);
    return showCopy(found);
  }
}
