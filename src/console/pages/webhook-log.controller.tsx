/**
 * Console: one endpoint of webhooks with what it was told, and one delivery with every attempt. Operators deliver again, one
 * at once, many after a look at how many.
 */
import { Body, Get, HttpException, Inject, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { readCursor, toPage } from '../../core/cursor.js';
import type { ConnectionSource } from '../../core/queryable.js';
import { CONNECTIONS } from '../../core/tokens.js';
import { inTransaction } from '../../core/transaction.js';
import {
  countFailed,
  listDeliveries,
  loadDelivery,
  type DeliveryDetail,
} from '../../webhooks/deliveries.sql.js';
import { loadEndpoint, type Endpoint } from '../../webhooks/endpoints.sql.js';
import { DELIVERY_STATES } from '../../webhooks/event-types.js';
import { noEndpoint, replay, retryNow } from '../../webhooks/manage-endpoints.js';
import { For } from '../door/for.js';
import { Page, Redirect } from '../frame/answer.js';
import { Asking, Console, read, readId } from '../frame/console.js';
import type { Visitor } from '../frame/visitor.js';
import { startOf } from './messages-query.js';
import { DeliveryView, ReplayView, WebhookView } from './webhook.view.js';
import { AT } from './webhooks.view.js';

const view = z.object({
  state: z.preprocess((value) => value || undefined, z.enum(DELIVERY_STATES).optional()),
  cursor: z.string().max(500).optional(),
});
const since = z.object({ since: z.iso.date() });

const LIMIT = 50;

@Console('webhooks')
export class WebhookLogController {
  constructor(@Inject(CONNECTIONS) private readonly sql: ConnectionSource) {}

  @Get(':id')
  @For('viewer')
  async show(@Param('id') text: string, @Query() query: unknown): Promise<Page> {
    const endpoint = await this.find(text);
    const { state, cursor } = read(view, query);
    const before = readCursor<[number]>(cursor, 'number')?.[0] ?? null;
    const asked = { state: state ?? null, before, limit: LIMIT + 1 };
    const { items, next } = toPage(
      await listDeliveries(this.sql, endpoint.id, asked),
      { limit: LIMIT },
      { key: ({ id }) => [id], show: (row) => row },
    );
    return new Page({
      title: () => endpoint.name ?? endpoint.url,
      place: 'webhooks',
      body: (
        <WebhookView
          endpoint={endpoint}
          rows={items}
          state={state}
          next={next}
          deep={before !== null}
        />
      ),
    });
  }

  @Get(':id/deliveries/:delivery')
  @For('viewer')
  async delivery(@Param('id') text: string, @Param('delivery') which: string): Promise<Page> {
    const endpoint = await this.find(text);
    const row = await this.findDelivery(endpoint, which);
    return new Page({
      title: (texts) => texts.webhooks.delivery(row.id),
      place: 'webhooks',
      body: <DeliveryView endpoint={endpoint} row={row} />,
    });
  }

  @Post(':id/deliveries/:delivery/retry')
  @For('operator')
  async retry(
    @Param('id') text: string,
    @Param('delivery') which: string,
    @Asking() { actor, now }: Visitor,
  ): Promise<Redirect> {
    const endpoint = await this.find(text);
    const { id } = await this.findDelivery(endpoint, which);
    const asked = { endpointId: endpoint.id, id };
    await inTransaction(this.sql, (sql) => retryNow(sql, asked, { actor, now }));
    return new Redirect(`${AT}/${endpoint.id}/deliveries/${id}`, 'webhookReplayed');
  }

  /** Asks first, with how many it is. */
  @Get(':id/replay')
  @For('operator')
  async askReplay(
    @Param('id') text: string,
    @Query() query: unknown,
    @Asking() visitor: Visitor,
  ): Promise<Page> {
    const { id } = await this.find(text);
    const day = read(since, query).since;
    const n = await countFailed(this.sql, id, startOf(day, visitor.about.zone));
    return new Page({
      title: (texts) => texts.webhooks.replayTitle,
      place: 'webhooks',
      body: <ReplayView id={id} since={day} n={n} />,
    });
  }

  @Post(':id/replay')
  @For('operator')
  async replay(
    @Param('id') text: string,
    @Body() body: unknown,
    @Asking() { about, actor, now }: Visitor,
  ): Promise<Redirect> {
    const { id } = await this.find(text);
    const asked = { endpointId: id, since: startOf(read(since, body).since, about.zone) };
    await inTransaction(this.sql, (sql) => replay(sql, asked, { actor, now }));
    return new Redirect(`${AT}/${id}`, 'webhookReplayed');
  }

  private async find(text: string): Promise<Endpoint> {
    const endpoint = await loadEndpoint(this.sql, readId(text));
    if (!endpoint) throw noEndpoint();
    return endpoint;
  }

  private async findDelivery(endpoint: Endpoint, text: string): Promise<DeliveryDetail> {
    const row = await loadDelivery(this.sql, endpoint.id, readId(text));
    if (!row) throw new HttpException('this endpoint has no such delivery', 404);
    return row;
  }
}
