/**
 * Console: API keys, for admins. Which there are; making one, which is shown this once; revoking one, after a look at when
 * it was last used.
 */
import { Body, Get, HttpException, Inject, Param, Post } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import type { Clock } from '../../core/clock.js';
import { CLOCK, DATA_SOURCE } from '../../core/tokens.js';
import { SCOPES } from '../../ingest/api-key.entity.js';
import { KEY_NAME, listApiKeys, type ListedKey } from '../../ingest/api-keys.js';
import { makeKey, revokeKey, type KeyKeeper } from '../../ingest/manage-keys.js';
import { For } from '../door/for.js';
import { Page, Redirect } from '../frame/answer.js';
import { Asking, Console, read } from '../frame/console.js';
import type { Visitor } from '../frame/visitor.js';
import { KeysView, MadeView, RevokeView } from './keys.view.js';

const newKey = z.object({
  name: z.string().trim().regex(KEY_NAME, '1 to 60 letters, digits, "_", "-" and "."'),
  // One box that is ticked comes as a text, several as a list, none not at all.
  scopes: z.preprocess(
    (value) => [value ?? []].flat(),
    z.array(z.enum(SCOPES)).min(1, 'choose at least one'),
  ),
});

const AT = '/console/keys';

@Console('keys')
export class KeysController {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @For('admin')
  async list(): Promise<Page> {
    return new Page({
      title: (texts) => texts.keys.title,
      place: 'system',
      body: <KeysView keys={await listApiKeys(this.dataSource.manager)} />,
    });
  }

  @Post()
  @For('admin')
  async create(@Body() body: unknown, @Asking() visitor: Visitor): Promise<Page> {
    const asked = read(newKey, body);
    const key = await makeKey(this.keeper(visitor), asked);
    return new Page({
      title: (texts) => texts.keys.made,
      place: 'system',
      body: <MadeView name={asked.name} secret={key} />,
    });
  }

  @Get(':prefix/revoke')
  @For('admin')
  async ask(@Param('prefix') prefix: string): Promise<Page> {
    const key = await this.findLive(prefix);
    return new Page({
      title: (texts) => texts.keys.revoke,
      place: 'system',
      body: <RevokeView of={key} />,
    });
  }

  @Post(':prefix/revoke')
  @For('admin')
  async revoke(@Param('prefix') prefix: string, @Asking() visitor: Visitor): Promise<Redirect> {
    if (!(await revokeKey(this.keeper(visitor), prefix))) throw unknownKey();
    return new Redirect(AT, 'keyRevoked');
  }

  private keeper({ actor }: Visitor): KeyKeeper {
    const { dataSource, clock } = this;
    return { dataSource, clock, by: actor };
  }

  private async findLive(prefix: string): Promise<ListedKey> {
    const keys = await listApiKeys(this.dataSource.manager);
    const found = keys.find((key) => key.prefix === prefix && key.revokedAt === null);
    if (!found) throw unknownKey();
    return found;
  }
}

function unknownKey(): HttpException {
  return new HttpException('no live key has this prefix', 404);
}
