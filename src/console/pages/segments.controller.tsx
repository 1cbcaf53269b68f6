/** Console: segments. Which there are and who uses them; one with its size over time, what moved people, and who is in it. */
import { Get, HttpException, Inject, Param, Query } from '@nestjs/common';
import { z } from 'zod';
import { recordAction } from '../../core/audit.js';
import { readCursor, toPage } from '../../core/cursor.js';
import type { ConnectionSource } from '../../core/queryable.js';
import { lastDays } from '../../core/spans.js';
import { CONNECTIONS } from '../../core/tokens.js';
import { loadLive } from '../../definitions/load-definitions.js';
import { segmentsNamed } from '../../language/segments-named.js';
import {
  listMembers,
  listSegments,
  loadSegment,
  membersAmong,
  segmentHistory,
  type StoredMember,
  type StoredSegment,
} from '../../segments/segments.sql.js';
import { For } from '../door/for.js';
import { Page, type Raw } from '../frame/answer.js';
import { Asking, Console, optionalText, read } from '../frame/console.js';
import { csvFile, csvInstant, type Column } from '../frame/csv-file.js';
import type { Visitor } from '../frame/visitor.js';
import { PERIODS } from '../parts/period.js';
import { findProfiles } from './find-profiles.js';
import { SegmentsView, SegmentView, type SearchedMember, type Uses } from './segments.view.js';

const paging = z.object({ cursor: z.string().max(500).optional() });
const view = paging.extend({ days: z.enum(PERIODS).default('30'), find: optionalText(512) });

const LIMIT = 50;
/** Namesakes of an address that are looked for among the members. */
const MOST_FOUND = 20;
const MOST_EXPORTED = 1_000_000;

@Console('segments')
export class SegmentsController {
  constructor(@Inject(CONNECTIONS) private readonly sql: ConnectionSource) {}

  @Get()
  @For('viewer')
  async list(@Query() query: unknown): Promise<Page> {
    const after = readCursor<[string]>(read(paging, query).cursor, 'string')?.[0] ?? null;
    const [rows, uses] = await Promise.all([
      listSegments(this.sql, { after, limit: LIMIT + 1 }),
      this.uses(),
    ]);
    const { items, next } = toPage(
      rows,
      { limit: LIMIT },
      { key: ({ id }) => [id], show: (row) => row },
    );
    return new Page({
      title: (texts) => texts.segments.title,
      place: 'segments',
      body: <SegmentsView segments={items} uses={uses} next={next} deep={after !== null} />,
    });
  }

  @Get(':id')
  @For('viewer')
  async show(
    @Param('id') id: string,
    @Query() query: unknown,
    @Asking() visitor: Visitor,
  ): Promise<Page> {
    const { days, find, cursor } = read(view, query);
    const segment = await this.find(id);
    const after = readCursor<[number]>(cursor, 'number')?.[0] ?? null;
    const bounds = lastDays(visitor.now, visitor.about.zone, Number(days));
    const [history, uses, members, found] = await Promise.all([
      segmentHistory(this.sql, segment.id, bounds),
      this.uses(),
      listMembers(this.sql, segment.id, { after, limit: LIMIT + 1 }),
      find === undefined ? undefined : this.look(segment.id, find),
    ]);
    const { items, next } = toPage(
      members,
      { limit: LIMIT },
      { key: ({ profileId }) => [profileId], show: (row) => row },
    );
    return new Page({
      title: () => segment.id,
      place: 'segments',
      body: (
        <SegmentView
          segment={segment}
          uses={uses.get(segment.id)}
          days={days}
          bounds={bounds}
          history={history}
          members={{ items, next, deep: after !== null }}
          search={found && { asked: find!, found }}
        />
      ),
    });
  }

  /** Everybody who is in it; addresses leave in bulk here, so it is written down. */
  @Get(':id/members.csv')
  @For('operator')
  async export(@Param('id') id: string, @Asking() { actor, now }: Visitor): Promise<Raw> {
    const segment = await this.find(id);
    const action = { action: 'segment.export', subject: `segment/${segment.id}` };
    await recordAction(this.sql, { at: now, actor, ...action });
    return csvFile({
      name: segment.id,
      columns: COLUMNS,
      most: MOST_EXPORTED,
      next: (last, limit) =>
        listMembers(this.sql, segment.id, { after: last?.profileId ?? null, limit }),
    });
  }

  private async look(segment: string, asked: string): Promise<SearchedMember[]> {
    const found = await findProfiles(this.sql, asked, MOST_FOUND);
    const members = await membersAmong(
      this.sql,
      segment,
      found.map((one) => one.id),
    );
    return found.map(({ id, address }) => ({
      profileId: id,
      address,
      member: members.find(({ profileId }) => profileId === id) ?? null,
    }));
  }

  /** By segment: the live campaigns and segments that name it. */
  private async uses(): Promise<ReadonlyMap<string, Uses>> {
    const live = await loadLive(this.sql);
    const uses = new Map<string, Uses>();
    for (const kind of ['campaigns', 'segments'] as const)
      for (const [id, { definition }] of live?.[kind] ?? [])
        for (const segment of segmentsNamed(definition)) {
          const of = uses.get(segment) ?? { campaigns: [], segments: [] };
          of[kind].push(id);
          uses.set(segment, of);
        }
    return uses;
  }

  private async find(id: string): Promise<StoredSegment> {
    const found = await loadSegment(this.sql, id);
    if (!found) throw new HttpException('there is no such segment', 404);
    return found;
  }
}

const COLUMNS: readonly Column<StoredMember>[] = [
  ['profile', ({ profileId }) => profileId],
  ['user_id', ({ userId }) => userId],
  ['address', ({ address }) => address],
  ['since', ({ since }) => csvInstant(since)],
];
