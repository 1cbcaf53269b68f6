/**
 * REST: the send log. In: its filters. Out: messages, the latest decided first, how many there are of each state, and
 * everything about one of them: why, what was tried, and the mail itself.
 */
import { Get, HttpException, Inject, Param, ParseIntPipe, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { setTimeout as delay } from 'node:timers/promises';
import { domainToASCII } from 'node:url';
import type { Environment } from '../core/environment.js';
import type { ConnectionSource } from '../core/queryable.js';
import { CONNECTIONS, ENVIRONMENT } from '../core/tokens.js';
import { loadMessage, renderSentMail } from '../delivery/message-detail.sql.js';
import { countSendLog } from '../delivery/send-log-counts.sql.js';
import type { SendLogFilter } from '../delivery/send-log-filter.js';
import { listMessages, loadLogRows, type SendLogRow } from '../delivery/send-log.sql.js';
import { findProfile } from '../ingest/profiles.sql.js';
import { TemplateCache } from '../messages/compile-template.js';
import { parseAddress } from '../messages/parse-address.js';
import { Needs } from './authorize.js';
import {
  CountsQuery,
  CountsView,
  MailView,
  MessageDetailView,
  MessagePage,
  MessagesQuery,
} from './messages.dto.js';
import { readCursor, toPage } from '../core/cursor.js';
import { Rest } from './rest.js';
import { showInstant, showOptionalInstant } from './show.js';

/** Between two looks of who waits for a message. */
const LOOK_MS = 100;

@Rest('messages', 'sending')
export class MessagesController {
  private readonly templates = new TemplateCache(100);

  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  @Get()
  @Needs('read')
  @ApiOperation({ summary: 'The send log, the latest decided first' })
  @ApiOkResponse({ type: MessagePage })
  async list(@Query() query: MessagesQuery): Promise<MessagePage> {
    const before = readCursor<[number]>(query.cursor, 'number')?.[0] ?? null;
    const until = performance.now() + (query.wait ? parseInt(query.wait, 10) * 1_000 : 0);
    for (;;) {
      const filter = await this.filterOf(query);
      const rows = filter
        ? await listMessages(this.sql, filter, { before, limit: query.limit + 1 })
        : [];
      const left = until - performance.now();
      if (rows.length > 0 || left <= 0)
        return toPage(rows, query, { key: ({ id }) => [id], show: showMessage });
      await delay(Math.min(LOOK_MS, left));
    }
  }

  @Get('counts')
  @Needs('read')
  @ApiOperation({ summary: 'How many messages the same filters find, by state and reason' })
  @ApiOkResponse({ type: CountsView })
  async counts(@Query() query: CountsQuery): Promise<CountsView> {
    const filter = await this.filterOf(query);
    return filter ? countSendLog(this.sql, filter) : { counts: [], approximate: false };
  }

  @Get(':id')
  @Needs('read')
  @ApiOperation({ summary: 'One message: the numbers behind it, its enrolment, its attempts' })
  @ApiOkResponse({ type: MessageDetailView })
  async read(@Param('id', ParseIntPipe) id: number): Promise<MessageDetailView> {
    const known = Number.isSafeInteger(id) ? await loadMessage(this.sql, id) : null;
    const [row] = known ? await loadLogRows(this.sql, [id]) : [];
    if (!known || !row) throw unknownMessage();
    const { attempts, enrolment, ...rest } = known;
    return {
      ...showMessage(row),
      ...rest,
      deadlineAt: showOptionalInstant(known.deadlineAt),
      enrolment: enrolment && { ...enrolment, enteredAt: showInstant(enrolment.enteredAt) },
      attemptList: attempts.map((attempt) => ({
        ...attempt,
        startedAt: showInstant(attempt.startedAt),
        finishedAt: showInstant(attempt.finishedAt),
      })),
    };
  }

  @Get(':id/mail')
  @Needs('read')
  @ApiOperation({ summary: 'The mail as it was rendered; 404 before it was' })
  @ApiOkResponse({ type: MailView })
  async mail(@Param('id', ParseIntPipe) id: number): Promise<MailView> {
    const mail = await renderSentMail(this.sql, id, {
      templates: this.templates,
      links: this.environment.publicUrl,
    });
    if (!mail) throw new HttpException('no such message, or it was never rendered', 404);
    const { subject, locale, html, text } = mail;
    return { subject, locale, html, text };
  }

  /** Null: it names a profile or a version that does not exist, so nothing can fit (yet). */
  private async filterOf(query: CountsQuery): Promise<SendLogFilter | null> {
    const { state, version, profile, address, domain, from, until, ...same } = query;
    const filter: SendLogFilter = pickFilter(same);
    if (state) filter.states = state;
    if (from !== undefined) filter.from = Date.parse(from);
    if (until !== undefined) filter.until = Date.parse(until);
    if (domain !== undefined) filter.domain = domainToASCII(domain);
    if (address !== undefined) filter.address = readAddress(address);
    if (profile !== undefined) {
      const profileId = await findProfile(this.sql, { kind: 'user', value: profile });
      if (profileId === null) return null;
      filter.profileId = profileId;
    }
    if (version !== undefined) {
      const versionId = await this.versionId(query.campaign, version);
      if (versionId === null) return null;
      filter.versionId = versionId;
    }
    return filter;
  }

  private async versionId(campaign: string | undefined, version: number): Promise<number | null> {
    if (campaign === undefined) throw new HttpException('version needs campaign', 422);
    const { rows } = await this.sql.query<{ id: number }>(
      `select id from definition_versions where kind = 'campaign' and name = $1 and version = $2`,
      [campaign, version],
    );
    return rows[0]?.id ?? null;
  }
}

/** The fields that filter and query share, those that are there. */
function pickFilter(query: Omit<CountsQuery, 'state' | 'from' | 'until'>): SendLogFilter {
  const { reason, campaign, step, topic, purpose, provider, problems } = query;
  return Object.fromEntries(
    Object.entries({ reason, campaign, step, topic, purpose, provider, problems }).filter(
      ([, value]) => value !== undefined,
    ),
  );
}

function readAddress(address: string): string {
  const parsed = parseAddress(address);
  if (parsed === null)
    throw new HttpException('address is not one mail address, as ann@example.com is', 422);
  return parsed;
}

function unknownMessage(): HttpException {
  return new HttpException('no such message', 404);
}

function showMessage(row: SendLogRow) {
  return {
    ...row,
    decidedAt: showInstant(row.decidedAt),
    dueAt: showInstant(row.dueAt),
    settledAt: showOptionalInstant(row.settledAt),
  };
}
