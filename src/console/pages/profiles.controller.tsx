/** Console: finding a profile by whatever one has of it, and one on one page: who it is, where it stands, what happened. */
import { Get, Inject, Query, Param } from '@nestjs/common';
import { z } from 'zod';
import { listEnrolments } from '../../campaigns/enrolments.sql.js';
import { readCursor, toPage } from '../../core/cursor.js';
import type { ConnectionSource } from '../../core/queryable.js';
import { CONNECTIONS } from '../../core/tokens.js';
import { currentReads, loadCampaignVersions } from '../../definitions/load-definitions.js';
import { lastFailure } from '../../delivery/last-failure.sql.js';
import { latestTraitChanges } from '../../ingest/trait-changes.sql.js';
import { loadTimeline, TIMELINE_KINDS } from '../../insights/timeline.sql.js';
import { parseAddress, suppressionKey } from '../../core/parse-address.js';
import { findProfilePause } from '../../messages/profile-pauses.sql.js';
import { findSuppression } from '../../messages/suppressions.sql.js';
import { profileScores } from '../../segments/profile-scores.js';
import { listMemberships } from '../../segments/segments.sql.js';
import { For } from '../door/for.js';
import { Page, Redirect } from '../frame/answer.js';
import { Asking, Console, optionalText, read } from '../frame/console.js';
import type { Visitor } from '../frame/visitor.js';
import { findProfiles } from './find-profiles.js';
import { findShown } from './find-shown.js';
import { profileHref } from './profile-parts.view.js';
import { ProfileView } from './profile.view.js';
import { FindView } from './profiles.view.js';

const search = z.object({ id: optionalText(512) });
const view = z.object({
  kind: z.preprocess((value) => value || undefined, z.enum(TIMELINE_KINDS).optional()),
  event: optionalText(200),
  cursor: z.string().max(500).optional(),
});

const LIMIT = 50;
/** Enrolments and namesakes: the latest. */
const GLANCE = 20;

@Console('profiles')
export class ProfilesController {
  constructor(@Inject(CONNECTIONS) private readonly sql: ConnectionSource) {}

  @Get()
  @For('viewer')
  async find(@Query() query: unknown): Promise<Page | Redirect> {
    const { id } = read(search, query);
    const found = id === undefined ? [] : await findProfiles(this.sql, id, GLANCE);
    if (found.length === 1) return new Redirect(profileHref(found[0]!.id));
    return new Page({
      title: (texts) => texts.profiles.title,
      place: 'profiles',
      body: <FindView asked={id} found={found} />,
    });
  }

  @Get(':id')
  @For('viewer')
  async show(
    @Param('id') text: string,
    @Query() query: unknown,
    @Asking() { now }: Visitor,
  ): Promise<Page | Redirect> {
    const { kind, event, cursor } = read(view, query);
    const before = readCursor<[number, number, number]>(cursor, 'number', 'number', 'number');
    const shown = await findShown(this.sql, text);
    if (shown.survivor !== null) return new Redirect(profileHref(shown.survivor));
    const { profile } = shown;
    const { id } = profile;
    const key = suppressionKey(profile.traits['email']);
    const kinds = event ? (['events'] as const) : kind ? [kind] : TIMELINE_KINDS;
    const [newest, suppression, failure, pause, changes, memberships, enrolments, timeline] =
      await Promise.all([
        currentReads(this.sql),
        key === null ? null : findSuppression(this.sql, key),
        lastFailure(this.sql, id),
        findProfilePause(this.sql, id, now),
        latestTraitChanges(this.sql, id),
        listMemberships(this.sql, id),
        listEnrolments(this.sql, {
          profileId: id,
          campaign: null,
          state: null,
          before: null,
          limit: GLANCE,
        }),
        loadTimeline(this.sql, id, { kinds, event: event ?? null, before, limit: LIMIT + 1 }),
      ]);
    const scores = await profileScores(this.sql, { profileId: id, zone: profile.zone, at: now });
    const versions = await loadCampaignVersions(
      this.sql,
      enrolments.filter(({ state }) => state === 'active'),
    );
    const page = toPage(
      timeline,
      { limit: LIMIT },
      { key: (row) => [row.at, row.rank, row.id], show: (row) => row },
    );
    return new Page({
      title: (texts) => profile.userIds[0] ?? texts.profiles.profile(id),
      place: 'profiles',
      body: (
        <ProfileView
          profile={profile}
          topics={newest?.project.topics ?? {}}
          address={parseAddress(profile.traits['email'])}
          suppression={suppression}
          failure={failure}
          pause={pause}
          changes={changes}
          memberships={memberships}
          scores={scores}
          enrolments={enrolments}
          versions={versions}
          timeline={{ ...page, kind, event, deep: before !== null }}
        />
      ),
    });
  }
}
