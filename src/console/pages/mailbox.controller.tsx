/**
 * Console: the dev mailbox. A list, and one mail in five views. The mail itself is hostile until proven otherwise: it is
 * shown in a sandboxed frame, from a route with a policy of its own.
 */
import { Get, HttpException, Inject, Param, Query } from '@nestjs/common';
import PostalMime from 'postal-mime';
import { z } from 'zod';
import { readCursor, toPage } from '../../core/cursor.js';
import type { ConnectionSource } from '../../core/queryable.js';
import { CONNECTIONS } from '../../core/tokens.js';
import { listDevMails, loadDevMail } from '../../delivery/dev-mails.sql.js';
import { For } from '../door/for.js';
import { Page, Raw } from '../frame/answer.js';
import { Console, optionalText, read, readId } from '../frame/console.js';
import { mailHeaders } from '../frame/headers.js';
import { mailView } from '../parts/mail.js';
import { MailboxView, MailView } from './mailbox.view.js';

const filters = z.object({ to: optionalText(254), cursor: z.string().max(500).optional() });

const LIMIT = 50;

@Console('mailbox')
export class MailboxController {
  constructor(@Inject(CONNECTIONS) private readonly sql: ConnectionSource) {}

  @Get()
  @For('viewer')
  async list(@Query() query: unknown): Promise<Page> {
    const { to, cursor } = read(filters, query);
    const before = readCursor<[number]>(cursor, 'number')?.[0] ?? null;
    const rows = await listDevMails(this.sql, { to: to ?? null, before, limit: LIMIT + 1 });
    const { items, next } = toPage(
      rows,
      { limit: LIMIT },
      { key: ({ id }) => [id], show: (row) => row },
    );
    return new Page({
      title: (texts) => texts.mailbox.title,
      place: 'mailbox',
      body: <MailboxView mails={items} next={next} to={to} deep={before !== null} />,
    });
  }

  @Get(':id')
  @For('viewer')
  async show(@Param('id') id: string, @Query() query: unknown): Promise<Page> {
    const view = read(mailView, query);
    const { source, ...mail } = await this.find(id);
    const parsed = await PostalMime.parse(source);
    return new Page({
      title: () => mail.subject,
      place: 'mailbox',
      body: (
        <MailView
          mail={mail}
          at={`/console/mailbox/${mail.id}`}
          view={view}
          hasHtml={parsed.html !== undefined}
          text={parsed.text}
          headers={parsed.headers}
          source={source}
        />
      ),
    });
  }

  /** The mail alone, for the frame. */
  @Get(':id/html')
  @For('viewer')
  async html(@Param('id') id: string, @Query() query: unknown): Promise<Raw> {
    const { pictures } = read(mailView, query);
    const { html } = await PostalMime.parse((await this.find(id)).source);
    return new Raw('text/html; charset=utf-8', html ?? '', mailHeaders(pictures === 'on'));
  }

  /** With its link to unsubscribe, so not for those who may only look. */
  @Get(':id/download')
  @For('operator')
  async download(@Param('id') id: string): Promise<Raw> {
    const { id: known, source } = await this.find(id);
    return new Raw('message/rfc822', source, {
      'content-disposition': `attachment; filename="mail-${known}.eml"`,
    });
  }

  private async find(id: string): Promise<NonNullable<Awaited<ReturnType<typeof loadDevMail>>>> {
    const mail = await loadDevMail(this.sql, readId(id));
    if (!mail) throw new HttpException('there is no such mail', 404);
    return mail;
  }
}
