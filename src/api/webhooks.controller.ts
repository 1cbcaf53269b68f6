/**
 * REST: webhooks out. In: endpoints, and which types each is told of. Out: how each fares, what it was told with every
 * attempt, and putting back what did not arrive. Secrets are in two answers only, that of making and that of rotating.
 */
import {
  Body,
  Delete,
  Get,
  HttpCode,
  HttpException,
  Inject,
  Param,
  Patch,
  Post,
  Query,
} from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
} from '@nestjs/swagger';
import type { Clock } from '../core/clock.js';
import { readCursor, toPage } from '../core/cursor.js';
import type { ConnectionSource, Queryable } from '../core/queryable.js';
import type { Environment } from '../core/environment.js';
import { CLOCK, CONNECTIONS, ENVIRONMENT } from '../core/tokens.js';
import { AddressGuard } from '../webhooks/address-guard.js';
import {
  listDeliveries,
  loadDelivery,
  type DeliveryDetail,
  type LoggedDelivery,
} from '../webhooks/deliveries.sql.js';
import { listEndpoints, loadEndpoint, type Endpoint } from '../webhooks/endpoints.sql.js';
import {
  addEndpoint,
  editEndpoint,
  noEndpoint,
  removeEndpoint,
  renewSecret,
  replay,
  retryNow,
} from '../webhooks/manage-endpoints.js';
import { Postman } from '../webhooks/post-webhook.js';
import { testEndpoint } from '../webhooks/test-endpoint.js';
import { readInstant } from './instant-field.js';
import { Acting, type Act } from './act.js';
import { Needs } from './authorize.js';
import { Repeated } from './idempotency.js';
import { ReadId } from './read-id.js';
import { Rest } from './rest.js';
import { showInstant, showOptionalInstant, type Shown } from './show.js';
import {
  CreatedWebhook,
  DeliveriesQuery,
  DeliveryDetailView,
  DeliveryPage,
  DeliveryView,
  NewWebhook,
  Replayed,
  ReplayRequest,
  RotatedSecret,
  TestedWebhook,
  WebhookChange,
  WebhookList,
  WebhookView,
} from './webhooks.dto.js';

@Rest('webhooks', 'webhooks')
export class WebhooksController {
  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(AddressGuard) private readonly guard: AddressGuard,
    @Inject(Postman) private readonly postman: Postman,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  @Get()
  @Needs('read')
  @ApiOperation({ summary: 'Every endpoint and how it fares; no secrets' })
  @ApiOkResponse({ type: WebhookList })
  async list(): Promise<WebhookList> {
    return { items: (await listEndpoints(this.sql)).map(showEndpoint) };
  }

  @Post()
  @Repeated('secret')
  @Needs('manage')
  @ApiOperation({ summary: 'Make an endpoint; the answer holds its secret, once' })
  @ApiCreatedResponse({ type: CreatedWebhook })
  async create(@Body() asked: NewWebhook, @Acting() act: Act): Promise<CreatedWebhook> {
    const { url, types, description = '' } = asked;
    return act.once(async (sql, now) => {
      const by = { actor: act.actor, now };
      const { endpoint, secret } = await addEndpoint(
        sql,
        this.guard,
        { url, types, description },
        by,
      );
      return { ...showEndpoint(endpoint), secret };
    });
  }

  @Get(':id')
  @Needs('read')
  @ApiOperation({ summary: 'One endpoint and how it fares' })
  @ApiOkResponse({ type: WebhookView })
  async read(@Param('id', ReadId) id: number): Promise<WebhookView> {
    return showEndpoint(await find(this.sql, id));
  }

  @Patch(':id')
  @Needs('manage')
  @ApiOperation({ summary: 'Change what is given; what is not, stays' })
  @ApiOkResponse({ type: WebhookView })
  async change(
    @Param('id', ReadId) id: number,
    @Body() asked: WebhookChange,
    @Acting() act: Act,
  ): Promise<WebhookView> {
    return act.once(async (sql, now) => {
      await find(sql, id);
      const { url, types, description, enabled } = asked;
      const change = { id, url, types, description, enabled };
      return showEndpoint(await editEndpoint(sql, this.guard, change, { actor: act.actor, now }));
    });
  }

  @Delete(':id')
  @Needs('manage')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete an endpoint with its log; nothing more is sent there' })
  @ApiNoContentResponse()
  async remove(@Param('id', ReadId) id: number, @Acting() act: Act): Promise<void> {
    await act.once(async (sql, now) => {
      await find(sql, id);
      await removeEndpoint(sql, id, { actor: act.actor, now });
    });
  }

  @Post(':id/rotate')
  @Repeated('secret')
  @HttpCode(200)
  @Needs('manage')
  @ApiOperation({ summary: 'A new secret, shown once; for a day the old one signs as well' })
  @ApiOkResponse({ type: RotatedSecret })
  async rotate(@Param('id', ReadId) id: number, @Acting() act: Act): Promise<RotatedSecret> {
    return act.once(async (sql, now) => {
      await find(sql, id);
      const { secret, previousUntil } = await renewSecret(sql, id, { actor: act.actor, now });
      return { secret, previousSecretUntil: showInstant(previousUntil) };
    });
  }

  @Post(':id/test')
  @Repeated('changes_nothing')
  @HttpCode(200)
  @Needs('manage')
  @ApiOperation({
    summary:
      'Send an event of the type `test` now, from this process; the answer is what came back',
  })
  @ApiOkResponse({ type: TestedWebhook })
  async test(@Param('id', ReadId) id: number): Promise<TestedWebhook> {
    await find(this.sql, id);
    const now = await this.clock.now(this.sql);
    const { endpointSecrets: secrets } = this.environment;
    const exchange = await testEndpoint(this.sql, this.postman, { id, now, secrets });
    if (!exchange) throw noEndpoint();
    const { status, error, response, durationMs } = exchange;
    return { delivered: error === null, status, error, response, durationMs };
  }

  @Get(':id/deliveries')
  @Needs('read')
  @ApiOperation({ summary: 'What it was told or is to be told in the last 30 days, latest first' })
  @ApiOkResponse({ type: DeliveryPage })
  async deliveries(
    @Param('id', ReadId) id: number,
    @Query() query: DeliveriesQuery,
  ): Promise<DeliveryPage> {
    await find(this.sql, id);
    const rows = await listDeliveries(this.sql, id, {
      state: query.state ?? null,
      before: readCursor<[number]>(query.cursor, 'number')?.[0] ?? null,
      limit: query.limit + 1,
    });
    return toPage(rows, query, { key: (row) => [row.id], show: showDelivery });
  }

  @Get(':id/deliveries/:delivery')
  @Needs('read')
  @ApiOperation({ summary: 'One delivery: what is sent, and every attempt' })
  @ApiOkResponse({ type: DeliveryDetailView })
  async delivery(
    @Param('id', ReadId) id: number,
    @Param('delivery', ReadId) delivery: number,
  ): Promise<DeliveryDetailView> {
    return showDetail(await findDelivery(this.sql, id, delivery));
  }

  @Post(':id/deliveries/:delivery/retry')
  @HttpCode(200)
  @Needs('manage')
  @ApiOperation({ summary: 'Deliver it again now, whatever became of it; 409: it is under way' })
  @ApiOkResponse({ type: DeliveryView })
  async retry(
    @Param('id', ReadId) id: number,
    @Param('delivery', ReadId) delivery: number,
    @Acting() act: Act,
  ): Promise<DeliveryView> {
    return act.once(async (sql, now) => {
      await findDelivery(sql, id, delivery);
      await retryNow(sql, { endpointId: id, id: delivery }, { actor: act.actor, now });
      return showDelivery(await findDelivery(sql, id, delivery));
    });
  }

  @Post(':id/replay')
  @HttpCode(200)
  @Needs('manage')
  @ApiOperation({
    summary: 'Deliver everything again that happened since then and was given up or is held',
  })
  @ApiOkResponse({ type: Replayed })
  async replay(
    @Param('id', ReadId) id: number,
    @Body() { since }: ReplayRequest,
    @Acting() act: Act,
  ): Promise<Replayed> {
    return act.once(async (sql, now) => {
      await find(sql, id);
      const asked = { endpointId: id, since: readInstant(since) };
      return { replayed: await replay(sql, asked, { actor: act.actor, now }) };
    });
  }
}

async function find(sql: Queryable, id: number): Promise<Endpoint> {
  const endpoint = Number.isSafeInteger(id) ? await loadEndpoint(sql, id) : null;
  if (!endpoint) throw noEndpoint();
  return endpoint;
}

async function findDelivery(sql: Queryable, id: number, delivery: number): Promise<DeliveryDetail> {
  await find(sql, id);
  const found = Number.isSafeInteger(delivery) ? await loadDelivery(sql, id, delivery) : null;
  if (!found) throw new HttpException('this endpoint has no such delivery', 404);
  return found;
}

function showEndpoint(endpoint: Endpoint): Shown<WebhookView> {
  const {
    disabledAt,
    secretMissingSince,
    failingSince,
    restsUntil,
    previousUntil,
    lastDeliveredAt,
    ...same
  } = endpoint;
  return {
    ...same,
    types: [...same.types],
    enabled: disabledAt === null,
    disabledAt: showOptionalInstant(disabledAt),
    secretMissingSince: showOptionalInstant(secretMissingSince),
    failingSince: showOptionalInstant(failingSince),
    restsUntil: showOptionalInstant(restsUntil),
    previousSecretUntil: showOptionalInstant(previousUntil),
    lastDeliveredAt: showOptionalInstant(lastDeliveredAt),
    createdAt: showInstant(endpoint.createdAt),
  };
}

function showDelivery(row: LoggedDelivery): Shown<DeliveryView> {
  const { id, webhookId, type, profileId, state, reason, campaign, step, attempts, status, error } =
    row;
  return {
    id,
    webhookId,
    type,
    profileId,
    state,
    reason,
    campaign,
    step,
    attempts,
    status,
    error,
    at: showInstant(row.at),
    dueAt: state === 'pending' ? showInstant(row.dueAt) : null,
    settledAt: showOptionalInstant(row.settledAt),
  };
}

function showDetail(row: DeliveryDetail): Shown<DeliveryDetailView> {
  return {
    ...showDelivery(row),
    data: row.data,
    attemptList: row.attemptList.map((attempt) => ({
      ...attempt,
      startedAt: showInstant(attempt.startedAt),
    })),
  };
}
