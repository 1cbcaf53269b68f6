/** Console: finding a profile by whatever one has of it, and everything about one on one page. */
import { Get, HttpException, Inject, Param, Query } from '@nestjs/common';
import { z } from 'zod';
import { listEnrolments } from '../../campaigns/enrolments.sql.js';
import { readCursor, toPage } from '../../core/cursor.js';
import type { ConnectionSource } from '../../core/queryable.js';
import { CONNECTIONS } from '../../core/tokens.js';
import { listMessages } from '../../delivery/send-log.sql.js';
import { findProfile, listEvents, loadProfile } from '../../ingest/profiles.sql.js';
import { parseAddress, suppressionKey } from '../../messages/parse-address.js';
import { findSuppression } from '../../messages/suppressions.sql.js';
import { listMemberships } from '../../segments/segments.sql.js';
import { For } from '../door/for.js';
import { Page, Redirect } from '../frame/answer.js';
import { Console, optionalText, read, readId } from '../frame/console.js';
import { findProfiles } from './find-profiles.js';
import { FindView, ProfileView } from './profiles.view.js';

const search = z.object({ id: optionalText(512) });
const paging = z.object({ event: optionalText(200), cursor: z.string().max(500).optional() });

const AT = '/console/profiles';
const EVENTS = 50;
/** Enrolments, messages and namesakes: the latest; the lists behind them have all. */
const GLANCE = 20;

@Console('profiles')
export class ProfilesController {
  constructor(@Inject(CONNECTIONS) private readonly sql: ConnectionSource) {}

  @Get()
  @For('viewer')
  async find(@Query() query: unknown): Promise<Page | Redirect> {
    const { id } = read(search, query);
    const found = id === undefined ? [] : await findProfiles(this.sql, id, GLANCE);
    if (found.length === 1) return new Redirect(`${AT}/${found[0]!.id}`);
    return new Page({
      title: (texts) => texts.profiles.title,
      place: 'profiles',
      body: <FindView asked={id} found={found} />,
    });
  }

  @Get(':id')
  @For('viewer')
  async show(@Param('id') text: string, @Query() query: unknown): Promise<Page | Redirect> {
    const { event, cursor } = read(paging, query);
    const before = readCursor<[number, number]>(cursor, 'number', 'number');
    const number = readId(text);
    const id = await findProfile(this.sql, { kind: 'profile', value: number });
    if (id !== null && id !== number) return new Redirect(`${AT}/${id}`);
    const profile = id === null ? null : await loadProfile(this.sql, id);
    if (!profile) throw new HttpException('there is no such profile', 404);
    const key = suppressionKey(profile.traits['email']);
    const [suppression, memberships, enrolments, messages, events] = await Promise.all([
      key === null ? null : findSuppression(this.sql, key),
      listMemberships(this.sql, profile.id),
      listEnrolments(this.sql, {
        profileId: profile.id,
        campaign: null,
        state: null,
        before: null,
        limit: GLANCE,
      }),
      listMessages(this.sql, { profileId: profile.id }, { before: null, limit: GLANCE }),
      listEvents(this.sql, profile.id, { name: event ?? null, before, limit: EVENTS + 1 }),
    ]);
    const { items, next } = toPage(
      events,
      { limit: EVENTS },
      { key: (row) => [row.occurredAt, row.id], show: (row) => row },
    );
    const address = parseAddress(profile.traits['email']);
    return new Page({
      title: (texts) => profile.userIds[0] ?? texts.profiles.profile(profile.id),
      place: 'profiles',
      body: (
        <ProfileView
          profile={profile}
          address={address}
          suppression={suppression}
          memberships={memberships}
          enrolments={enrolments}
          messages={messages}
          events={{ items, next, event, deep: before !== null }}
        />
      ),
    });
  }
}
