/** REST: a template as one person would get it now. Nothing is stored and nothing is sent. */
import { Body, HttpCode, HttpException, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsNotEmpty, IsObject, IsOptional, IsString, MaxLength } from 'class-validator';
import type { Clock } from '../core/clock.js';
import type { Environment } from '../core/environment.js';
import type { ConnectionSource } from '../core/queryable.js';
import { PURPOSES, type Purpose } from '../core/reasons.js';
import { CLOCK, CONNECTIONS, ENVIRONMENT } from '../core/tokens.js';
import { previewMail } from '../delivery/preview-mail.js';
import { TemplateCache } from '../messages/compile-template.js';
import { Needs } from './authorize.js';
import { Repeated } from './idempotency.js';
import { ProfileQuery } from './profiles.dto.js';
import { Rest } from './rest.js';
import { profileNamed } from './show-profile.js';

export class PreviewRequest {
  @ApiProperty({ example: 'win-back/reminder' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  template: string;

  @ApiPropertyOptional({
    description:
      'as this campaign sends it; default: of those that do the one it was in last, else as marketing',
  })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  campaign?: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description: 'default: what the profile entered the campaign with last',
  })
  @IsOptional()
  @IsObject()
  entry?: Record<string, unknown>;

  @ApiPropertyOptional({ example: 'ru', description: "default: the profile's own" })
  @IsOptional()
  @IsString()
  @MaxLength(35)
  locale?: string;
}

class PreviewedContent {
  @ApiProperty()
  subject: string;

  @ApiProperty({ type: String, nullable: true })
  preheader: string | null;

  @ApiProperty()
  html: string;

  @ApiProperty()
  text: string;

  @ApiProperty()
  locale: string;
}

class PreviewProblem {
  @ApiProperty()
  message: string;

  @ApiProperty({ description: 'template and line' })
  where: string;

  @ApiPropertyOptional()
  variable?: string;
}

class PreviewView {
  @ApiProperty()
  template: string;

  @ApiProperty({ type: String, nullable: true, description: 'null: no campaign sends it' })
  campaign: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'the step of it whose mail this is, the first that sends the template',
  })
  step: string | null;

  @ApiProperty({ enum: PURPOSES })
  purpose: Purpose;

  @ApiProperty({ type: String, nullable: true })
  topic: string | null;

  @ApiProperty({ description: 'its name among the senders' })
  sender: string;

  @ApiProperty({ type: 'object', additionalProperties: true })
  entry: Record<string, unknown>;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'the skip reason, if it were decided now; null: it would be sent',
  })
  skipped: string | null;

  @ApiProperty({ type: PreviewedContent, nullable: true })
  mail: PreviewedContent | null;

  @ApiProperty({ type: PreviewProblem, nullable: true, description: 'why there is no mail' })
  problem: PreviewProblem | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'what it read, by variable',
  })
  variables: Record<string, unknown>;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'variables without a value, with their default; null: they have none',
  })
  missing: Record<string, unknown>;
}

@Rest('profiles/:id/preview', 'profiles')
export class PreviewController {
  private readonly templates = new TemplateCache(100);

  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  @Post()
  @HttpCode(200)
  @Repeated('changes_nothing')
  @Needs('read')
  @ApiOperation({ summary: 'A template rendered as this person would get it now' })
  @ApiOkResponse({ type: PreviewView })
  async preview(
    @Param('id') id: string,
    @Query() { kind }: ProfileQuery,
    @Body() { template, campaign, entry, locale }: PreviewRequest,
  ): Promise<PreviewView> {
    const profileId = await profileNamed(this.sql, kind, id);
    const asked = {
      profileId,
      template,
      campaign: campaign ?? null,
      entry: entry ?? null,
      locale: locale ?? null,
      now: await this.clock.now(this.sql),
    };
    const preview = await previewMail(this.sql, asked, {
      templates: this.templates,
      links: this.environment.publicUrl,
    });
    if ('unknown' in preview) throw new HttpException(`no such ${preview.unknown} is live`, 404);
    const { decision, mail, ...rest } = preview;
    return {
      ...rest,
      skipped: 'skipped' in decision ? decision.skipped : null,
      mail: mail && {
        subject: mail.subject,
        preheader: mail.preheader,
        html: mail.html,
        text: mail.text,
        locale: mail.locale,
      },
      variables: mail?.variables ?? {},
    };
  }
}
