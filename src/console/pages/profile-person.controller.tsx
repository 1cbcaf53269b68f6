/** Console: everything that is stored of a person, to be taken along or taken away for good. */
import { Readable } from 'node:stream';
import { Body, Get, HttpException, Inject, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import { recordAction } from '../../core/audit.js';
import type { ConnectionSource, Queryable } from '../../core/queryable.js';
import { CONNECTIONS } from '../../core/tokens.js';
import { countPerson } from '../../delivery/count-person.sql.js';
import { eraseProfile } from '../../delivery/erase-profile.js';
import { exportProfile } from '../../delivery/export-profile.js';
import { For } from '../door/for.js';
import { Page, Raw, Redirect } from '../frame/answer.js';
import { Asking, Console, read } from '../frame/console.js';
import type { Visitor } from '../frame/visitor.js';
import { EraseView } from './erase.view.js';
import { findShown } from './find-shown.js';
import { nameOf } from './profile-parts.view.js';

const confirmation = z.object({ typed: z.string().max(512) });

@Console('profiles')
export class ProfilePersonController {
  constructor(@Inject(CONNECTIONS) private readonly sql: ConnectionSource) {}

  @Get(':id/export.json')
  @For('operator')
  async export(@Param('id') text: string, @Asking() { actor, now }: Visitor): Promise<Raw> {
    const { profile } = await findShown(this.sql, text);
    const { id } = profile;
    const action = { action: 'profile.export', subject: `profile/${id}` };
    await recordAction(this.sql, { at: now, actor, ...action });
    return new Raw('application/json', Readable.from(exportProfile(this.sql, id)), {
      'content-disposition': `attachment; filename="profile-${id}.json"`,
    });
  }

  /** Asks first, with what would go, table by table. */
  @Get(':id/erase')
  @For('admin')
  async ask(@Param('id') text: string): Promise<Page> {
    const { profile } = await findShown(this.sql, text);
    return this.question(profile, false);
  }

  @Post(':id/erase')
  @For('admin')
  async erase(
    @Param('id') text: string,
    @Body() body: unknown,
    @Asking() { actor, now }: Visitor,
  ): Promise<Page | Redirect> {
    const { typed } = read(confirmation, body);
    const { profile } = await findShown(this.sql, text);
    if (typed.trim() !== nameOf(profile)) return this.question(profile, true);
    // Our number says nothing of a person that is gone.
    const action = { action: 'profile.erase', subject: `profile/${profile.id}` };
    const record = (sql: Queryable): Promise<void> =>
      recordAction(sql, { at: now, actor, ...action });
    const erased = await eraseProfile(this.sql, profile.id, { now, record });
    if (!erased) throw new HttpException('there is no such profile', 404);
    return new Redirect('/console/profiles', 'erased');
  }

  private async question(
    profile: Awaited<ReturnType<typeof findShown>>['profile'],
    mistyped: boolean,
  ): Promise<Page> {
    const tables = await countPerson(this.sql, profile.id);
    return new Page({
      title: (texts) => texts.profiles.eraseTitle(nameOf(profile)),
      place: 'profiles',
      ...(mistyped ? { status: 422 } : {}),
      body: <EraseView profile={profile} tables={tables} mistyped={mistyped} />,
    });
  }
}
