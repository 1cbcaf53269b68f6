/** Console: looks at one profile: why it got mail of a campaign or did not, a mail as it would get it, what of it was refused. */
import { Body, Get, HttpException, Inject, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import type { Environment } from '../../core/environment.js';
import type { ConnectionSource } from '../../core/queryable.js';
import { parseAddress } from '../../core/parse-address.js';
import { CONNECTIONS, ENVIRONMENT, WAKE_UPS } from '../../core/tokens.js';
import { inTransaction } from '../../core/transaction.js';
import type { WakeUps } from '../../core/wake-up.js';
import { loadLive } from '../../definitions/load-definitions.js';
import { loadCampaign } from '../../delivery/campaigns.sql.js';
import { comeLater } from '../../delivery/copy-limits.sql.js';
import { explainProfile, readAsOf } from '../../delivery/explain-profile.js';
import { lastCopyAddress, listTests } from '../../delivery/message-copies.sql.js';
import { previewMail, type PreviewedMail } from '../../delivery/preview-mail.js';
import { askForTest } from '../../delivery/test-mails.js';
import { quotedForms } from '../../ingest/quoted-names.js';
import { listRejectsNaming } from '../../ingest/rejects.sql.js';
import type { StoredProfile } from '../../ingest/profiles.sql.js';
import { TemplateCache } from '../../messages/compile-template.js';
import { For } from '../door/for.js';
import { Page, Raw, Redirect } from '../frame/answer.js';
import { Asking, Console, optionalText, read } from '../frame/console.js';
import { mailHeaders } from '../frame/headers.js';
import type { Visitor } from '../frame/visitor.js';
import { frameView } from '../parts/mail.js';
import { readEntry } from './entry-fields.js';
import { ExplainView } from './explain.view.js';
import { findShown } from './find-shown.js';
import { PreviewView } from './preview.view.js';
import { profileHref } from './profile-parts.view.js';
import { RejectsOfView } from './profile-rejects.view.js';

const explaining = z.object({ campaign: optionalText(200), at: optionalText(40) });
const previewing = frameView.extend({
  template: optionalText(200),
  campaign: optionalText(200),
  locale: optionalText(35),
  json: optionalText(4_000),
});

const testing = previewing.extend({ to: z.string().max(320) });

const MOST_REJECTS = 50;

@Console('profiles')
export class ProfileLooksController {
  private readonly templates = new TemplateCache(100);

  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
    @Inject(WAKE_UPS) private readonly wakeUps: WakeUps,
  ) {}

  @Get(':id/explain')
  @For('viewer')
  async explain(
    @Param('id') text: string,
    @Query() query: unknown,
    @Asking() { now, zone }: Visitor,
  ): Promise<Page> {
    const { campaign: asked, at: asOf } = read(explaining, query);
    const moment = asOf === undefined ? { at: now } : readAsOf(asOf, { zone, now });
    if ('problem' in moment) throw new HttpException(`at: ${moment.problem}`, 422);
    const { at } = moment;
    const { profile } = await findShown(this.sql, text);
    const live = await loadLive(this.sql);
    const campaign = asked === undefined ? null : await loadCampaign(this.sql, asked, now);
    if (asked !== undefined && !campaign) throw new HttpException('there is no such campaign', 404);
    const explained =
      campaign && (await explainProfile(this.sql, { profileId: profile.id, campaign, now, at }));
    return new Page({
      title: (texts) => texts.explain.title,
      place: 'profiles',
      body: (
        <ExplainView
          profile={profile}
          campaigns={[...(live?.campaigns.keys() ?? [])]}
          campaign={campaign}
          explained={explained}
          asOf={asOf ?? null}
        />
      ),
    });
  }

  @Get(':id/preview')
  @For('viewer')
  async preview(
    @Param('id') text: string,
    @Query() query: unknown,
    @Asking() visitor: Visitor,
  ): Promise<Page> {
    const asked = read(previewing, query);
    const { profile } = await findShown(this.sql, text);
    const live = await loadLive(this.sql);
    const { template } = asked;
    const preview = template === undefined ? null : await this.render(profile, asked, visitor.now);
    const tests =
      template === undefined ? [] : await listTests(this.sql, { profileId: profile.id, template });
    return new Page({
      title: (texts) => texts.preview.title,
      place: 'profiles',
      body: (
        <PreviewView
          profile={profile}
          templates={[...(live?.templates.keys() ?? [])]}
          campaigns={[...(live?.campaigns.keys() ?? [])]}
          asked={asked}
          preview={preview}
          tests={tests}
          sendTo={preview && (await lastCopyAddress(this.sql, visitor.actor))}
        />
      ),
    });
  }

  /** One real mail to whoever looks at the preview; the person gets nothing. */
  @Post(':id/preview/test')
  @For('author')
  async test(
    @Param('id') text: string,
    @Body() body: unknown,
    @Asking() { actor, now }: Visitor,
  ): Promise<Redirect> {
    const { to, ...asked } = read(testing, body);
    const { profile } = await findShown(this.sql, text);
    const address = parseAddress(to);
    if (address === null)
      throw new HttpException('to is not one mail address, as ann@example.com is', 422);
    const request = { ...requestOf(profile, asked), address };
    const rendering = { ...this.rendering(), limits: this.environment.copyLimits };
    const result = await inTransaction(this.sql, (sql) =>
      askForTest(sql, request, rendering, { actor, now }),
    );
    if ('unknown' in result) throw new HttpException(`no such ${result.unknown} is live`, 404);
    if ('tooMany' in result) throw comeLater(result.tooMany);
    if ('refused' in result)
      throw new HttpException(result.why, result.refused === 'not_rendered' ? 422 : 409);
    this.wakeUps.wake('delivery');
    const shown = Object.entries(asked).filter(([, value]) => value !== undefined);
    return new Redirect(
      `${profileHref(profile.id, 'preview')}?${new URLSearchParams(shown as [string, string][])}`,
      'testSent',
    );
  }

  /** The mail alone, for the frame: it is hostile until proven otherwise. */
  @Get(':id/preview/html')
  @For('viewer')
  async html(
    @Param('id') text: string,
    @Query() query: unknown,
    @Asking() { now }: Visitor,
  ): Promise<Raw> {
    const asked = read(previewing, query);
    const { profile } = await findShown(this.sql, text);
    const { mail } = await this.render(profile, asked, now);
    const headers = mailHeaders(asked.pictures === 'on');
    return new Raw('text/html; charset=utf-8', mail?.html ?? '', headers);
  }

  /** What came in for this profile and was refused: of the newest items, those that name it. */
  @Get(':id/rejects')
  @For('viewer')
  async rejects(@Param('id') text: string): Promise<Page> {
    const { profile } = await findShown(this.sql, text);
    const { userIds, anonymousIds, traits } = profile;
    const email = traits['email'];
    const names = quotedForms({
      ids: [...userIds, ...anonymousIds],
      addresses: typeof email === 'string' && email !== '' ? [email] : [],
    });
    const rows = names.length === 0 ? [] : await listRejectsNaming(this.sql, names, MOST_REJECTS);
    return new Page({
      title: (texts) => texts.profiles.rejects,
      place: 'profiles',
      body: <RejectsOfView profile={profile} rows={rows} />,
    });
  }

  private async render(
    profile: StoredProfile,
    asked: z.output<typeof previewing>,
    now: number,
  ): Promise<PreviewedMail> {
    const request = { ...requestOf(profile, asked), now };
    const preview = await previewMail(this.sql, request, this.rendering());
    if ('unknown' in preview) throw new HttpException(`there is no such ${preview.unknown}`, 404);
    return preview;
  }

  private rendering() {
    return { templates: this.templates, links: this.environment.publicUrl };
  }
}

function requestOf(
  profile: StoredProfile,
  { template, campaign, locale, json }: z.output<typeof previewing>,
) {
  return {
    profileId: profile.id,
    template: template ?? '',
    campaign: campaign ?? null,
    locale: locale ?? null,
    entry: json === undefined ? null : readEntry({ json }, []),
  };
}
