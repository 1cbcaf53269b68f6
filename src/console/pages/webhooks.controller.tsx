/**
 * Console: endpoints of webhooks. Anybody looks how they fare; operators make, change, test, disable and delete them, after a
 * look at how much waits. A secret is on one page only, the answer of its making.
 */
import { Body, Get, HttpException, Inject, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import { HttpProblem } from '../../core/http-problem.js';
import type { Connection, ConnectionSource } from '../../core/queryable.js';
import type { Environment } from '../../core/environment.js';
import { CONNECTIONS, ENVIRONMENT } from '../../core/tokens.js';
import { inTransaction } from '../../core/transaction.js';
import { AddressGuard } from '../../webhooks/address-guard.js';
import { LONGEST_URL } from '../../webhooks/decide-url.js';
import { listEndpoints, loadEndpoint, type Endpoint } from '../../webhooks/endpoints.sql.js';
import { WEBHOOK_TYPES } from '../../webhooks/event-types.js';
import {
  addEndpoint,
  editEndpoint,
  noEndpoint,
  removeEndpoint,
  refuseNamed,
  renewSecret,
  type By,
} from '../../webhooks/manage-endpoints.js';
import { Postman } from '../../webhooks/post-webhook.js';
import { testEndpoint } from '../../webhooks/test-endpoint.js';
import { For } from '../door/for.js';
import { Page, Redirect } from '../frame/answer.js';
import { Asking, Console, read, readId } from '../frame/console.js';
import type { Visitor } from '../frame/visitor.js';
import { TestedView } from './webhook.view.js';
import {
  AT,
  ChangeView,
  changesOf,
  ENDPOINT_CHANGES,
  EndpointForm,
  SecretView,
  WebhooksView,
  type EndpointChange,
} from './webhooks.view.js';

/** One box that is checked comes as a text, several as a list, none not at all. */
const types = z.preprocess(
  (value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]),
  z.array(z.enum(WEBHOOK_TYPES)).max(WEBHOOK_TYPES.length),
);
const wanted = z.object({
  url: z.string().max(LONGEST_URL),
  description: z.string().trim().max(300).default(''),
  types,
});

@Console('webhooks')
export class WebhooksController {
  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(AddressGuard) private readonly guard: AddressGuard,
    @Inject(Postman) private readonly postman: Postman,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  @Get()
  @For('viewer')
  async list(): Promise<Page> {
    const endpoints = await listEndpoints(this.sql);
    return page((texts) => texts.webhooks.title, <WebhooksView endpoints={endpoints} />);
  }

  @Get('new')
  @For('operator')
  askNew(): Page {
    const draft = { url: '', description: '', types: WEBHOOK_TYPES };
    return formPage({ id: null, draft, problem: null });
  }

  @Post()
  @For('operator')
  async create(@Body() body: unknown, @Asking() { actor, now }: Visitor): Promise<Page> {
    const draft = read(wanted, body);
    return this.saved(null, draft, async (sql) => {
      const { endpoint, secret } = await addEndpoint(sql, this.guard, draft, { actor, now });
      return secretPage(endpoint, secret);
    });
  }

  @Get(':id/edit')
  @For('operator')
  async askEdit(@Param('id') text: string): Promise<Page> {
    const endpoint = await this.find(text);
    refuseNamed(endpoint);
    return formPage({ id: endpoint.id, draft: endpoint, problem: null });
  }

  @Post(':id')
  @For('operator')
  async edit(
    @Param('id') text: string,
    @Body() body: unknown,
    @Asking() { actor, now }: Visitor,
  ): Promise<Page | Redirect> {
    const { id } = await this.find(text);
    const draft = read(wanted, body);
    return this.saved<Page | Redirect>(id, draft, async (sql) => {
      await editEndpoint(sql, this.guard, { id, ...draft }, { actor, now });
      return new Redirect(`${AT}/${id}`, 'webhookSaved');
    });
  }

  /** Goes out now, from this process; changes nothing, so it is asked for without a question. */
  @Post(':id/test')
  @For('operator')
  async test(@Param('id') text: string, @Asking() { now }: Visitor): Promise<Page> {
    const endpoint = await this.find(text);
    const { endpointSecrets: secrets } = this.environment;
    const exchange = await testEndpoint(this.sql, this.postman, {
      id: endpoint.id,
      now,
      secrets,
    });
    if (!exchange) throw noEndpoint();
    return page(
      (texts) => texts.webhooks.testTitle,
      <TestedView endpoint={endpoint} exchange={exchange} />,
    );
  }

  @Get(':id/:change')
  @For('operator')
  async ask(@Param('id') text: string, @Param('change') what: string): Promise<Page> {
    const endpoint = await this.find(text);
    const change = readChange(what, endpoint);
    return page(
      (texts) => texts.webhooks.changes[change].title,
      <ChangeView change={change} endpoint={endpoint} />,
    );
  }

  @Post(':id/:change')
  @For('operator')
  async change(
    @Param('id') text: string,
    @Param('change') what: string,
    @Asking() { actor, now }: Visitor,
  ): Promise<Page | Redirect> {
    const endpoint = await this.find(text);
    const change = readChange(what, endpoint);
    return inTransaction(this.sql, (sql) => this.carryOut(sql, change, endpoint, { actor, now }));
  }

  private async carryOut(
    sql: Connection,
    change: EndpointChange,
    endpoint: Endpoint,
    by: By,
  ): Promise<Page | Redirect> {
    const { id } = endpoint;
    switch (change) {
      case 'rotate':
        return secretPage(endpoint, (await renewSecret(sql, id, by)).secret);
      case 'delete':
        await removeEndpoint(sql, id, by);
        return new Redirect(AT, 'webhookDeleted');
      case 'enable':
        await editEndpoint(sql, this.guard, { id, enabled: true }, by);
        return new Redirect(`${AT}/${id}`, 'webhookEnabled');
      case 'disable':
      case 'leave':
        await editEndpoint(sql, this.guard, { id, enabled: false }, by);
        return new Redirect(`${AT}/${id}`, 'webhookDisabled');
    }
  }

  /** What cannot be saved comes back as it was written, with the reason. */
  private async saved<T extends Page | Redirect>(
    id: number | null,
    draft: z.output<typeof wanted>,
    save: (sql: Connection) => Promise<T>,
  ): Promise<T | Page> {
    try {
      if (draft.types.length === 0) throw new HttpProblem(422, 'choose at least one thing to tell');
      return await inTransaction(this.sql, save);
    } catch (error) {
      if (!(error instanceof HttpProblem)) throw error;
      return formPage({ id, draft, problem: error.message }, error.status);
    }
  }

  private async find(text: string): Promise<Endpoint> {
    const endpoint = await loadEndpoint(this.sql, readId(text));
    if (!endpoint) throw noEndpoint();
    return endpoint;
  }
}

function page(title: Page['what']['title'], body: Page['what']['body'], status = 200): Page {
  return new Page({ title, place: 'webhooks', body, status });
}

function formPage(form: Parameters<typeof EndpointForm>[0], status = 200): Page {
  const title: Page['what']['title'] = ({ webhooks }) =>
    form.id === null ? webhooks.create : webhooks.editTitle;
  return page(title, <EndpointForm {...form} />, status);
}

function secretPage({ id, url }: Endpoint, secret: string): Page {
  return page(
    (texts) => texts.webhooks.secretTitle,
    <SecretView id={id} url={url} secret={secret} />,
  );
}

function readChange(text: string, endpoint: Endpoint): EndpointChange {
  const change = ENDPOINT_CHANGES.find((one) => one === text);
  if (!change) throw new HttpException('there is no such page', 404);
  if (!changesOf(endpoint).includes(change))
    throw new HttpException('it is so already: load the page again', 409);
  return change;
}
