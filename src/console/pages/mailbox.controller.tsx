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
import { loadSecret } from '../../delivery/hand-over-facts.sql.js';
import { withDeadLinks } from '../../messages/unsubscribe-token.js';
import { For } from '../door/for.js';
import { Page, Raw } from '../frame/answer.js';
import { Asking, Console, optionalText, read, readId } from '../frame/console.js';
import { mailHeaders } from '../frame/headers.js';
import type { Visitor } from '../frame/visitor.js';
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
  async show(
    @Param('id') id: string,
    @Query() query: unknown,
    @Asking() visitor: Visitor,
  ): Promise<Page> {
    const view = read(mailView, query);
    const { source, ...mail } = await this.find(id);
    const { html, text = null, headers } = await PostalMime.parse(source);
    const secret = await loadSecret(this.sql);
    // Its working link is for those who act for people: in the headers and in the source, not where a slip would use it.
    const operates = visitor.may('operator');
    const dead = (content: string): string => withDeadLinks(secret, content);
    return new Page({
      title: () => mail.subject,
      place: 'mailbox',
      body: (
        <MailView
          mail={mail}
          at={`/console/mailbox/${mail.id}`}
          view={view}
          hasHtml={html !== undefined}
          text={text === null ? undefined : dead(text)}
          headers={headers.map(({ key, value }) => ({
            key,
            value: operates ? value : dead(value),
          }))}
          source={operates ? source : 'withheld'}
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
    const shown = withDeadLinks(await loadSecret(this.sql), html ?? '');
    return new Raw('text/html; charset=utf-8', shown, mailHeaders(pictures === 'on'));
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
