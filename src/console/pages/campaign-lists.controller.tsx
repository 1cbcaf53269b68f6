/** Console: who is in a campaign or was, as a list and as CSV, and who was refused. */
import { Get, HttpException, Inject, Param, Query } from '@nestjs/common';
import { z } from 'zod';
import {
  listEnrolments,
  listRefusals,
  type StoredEnrolment,
} from '../../campaigns/enrolments.sql.js';
import { recordAction } from '../../core/audit.js';
import { readCursor, toPage } from '../../core/cursor.js';
import type { ConnectionSource } from '../../core/queryable.js';
import { REFUSAL_REASONS } from '../../core/reasons.js';
import { CONNECTIONS } from '../../core/tokens.js';
import { loadSource } from '../../definitions/definitions.sql.js';
import { For } from '../door/for.js';
import { Page, type Raw } from '../frame/answer.js';
import { Asking, Console, read } from '../frame/console.js';
import { csvFile, csvInstant, type Column } from '../frame/csv-file.js';
import type { Visitor } from '../frame/visitor.js';
import { ENROLMENT_STATES, EnrolmentsView, RefusalsView } from './campaign-lists.view.js';

const cursor = z.string().max(500).optional();
const enrolmentsQuery = z.object({
  state: z.preprocess((value) => value || undefined, z.enum(ENROLMENT_STATES).optional()),
  cursor,
});
const refusalsQuery = z.object({
  reason: z.preprocess((value) => value || undefined, z.enum(REFUSAL_REASONS).optional()),
  cursor,
});

const LIMIT = 50;
const MOST_EXPORTED = 1_000_000;

@Console('campaigns')
export class CampaignListsController {
  constructor(@Inject(CONNECTIONS) private readonly sql: ConnectionSource) {}

  @Get(':id/enrolments')
  @For('viewer')
  async enrolments(@Param('id') id: string, @Query() query: unknown): Promise<Page> {
    const asked = read(enrolmentsQuery, query);
    await this.check(id);
    const before = readCursor<[number, number]>(asked.cursor, 'number', 'number');
    const rows = await listEnrolments(this.sql, {
      campaign: id,
      profileId: null,
      state: asked.state ?? null,
      before,
      limit: LIMIT + 1,
    });
    const { items, next } = toPage(
      rows,
      { limit: LIMIT },
      { key: (row) => [row.enteredAt, row.id], show: (row) => row },
    );
    return new Page({
      title: (texts) => texts.campaigns.endsOf(id),
      place: 'campaigns',
      body: (
        <EnrolmentsView
          campaign={id}
          rows={items}
          next={next}
          deep={before !== null}
          filter={asked.state}
        />
      ),
    });
  }

  /** The latest first; who is in which campaign leaves in bulk here, so it is written down. */
  @Get(':id/enrolments.csv')
  @For('operator')
  async export(@Param('id') id: string, @Asking() { actor, now }: Visitor): Promise<Raw> {
    await this.check(id);
    const action = { action: 'campaign.export', subject: `campaign/${id}` };
    await recordAction(this.sql, { at: now, actor, ...action });
    return csvFile({
      name: `${id}-enrolments`,
      columns: COLUMNS,
      most: MOST_EXPORTED,
      next: (last, limit) =>
        listEnrolments(this.sql, {
          campaign: id,
          profileId: null,
          state: null,
          before: last && [last.enteredAt, last.id],
          limit,
        }),
    });
  }

  @Get(':id/refusals')
  @For('viewer')
  async refusals(@Param('id') id: string, @Query() query: unknown): Promise<Page> {
    const asked = read(refusalsQuery, query);
    await this.check(id);
    const before = readCursor<[number, number]>(asked.cursor, 'number', 'number');
    const rows = await listRefusals(this.sql, {
      campaign: id,
      profileId: null,
      reason: asked.reason ?? null,
      before,
      limit: LIMIT + 1,
    });
    const { items, next } = toPage(
      rows,
      { limit: LIMIT },
      { key: (row) => [row.at, row.id], show: (row) => row },
    );
    return new Page({
      title: (texts) => texts.campaigns.refusedOf(id),
      place: 'campaigns',
      body: (
        <RefusalsView
          campaign={id}
          rows={items}
          next={next}
          deep={before !== null}
          filter={asked.reason}
        />
      ),
    });
  }

  private async check(id: string): Promise<void> {
    if ((await loadSource(this.sql, { kind: 'campaign', name: id })) === null)
      throw new HttpException('there is no such campaign', 404);
  }
}

const COLUMNS: readonly Column<StoredEnrolment>[] = [
  ['id', ({ id }) => id],
  ['profile', ({ profileId }) => profileId],
  ['user_id', ({ userId }) => userId],
  ['version', ({ version }) => version],
  ['per', ({ per }) => per],
  ['state', ({ state }) => state],
  ['entered_at', ({ enteredAt }) => csvInstant(enteredAt)],
  ['step', ({ step }) => step],
  [
    'due_at',
    ({ state, dueAt }) => (state === 'active' && dueAt < Infinity ? csvInstant(dueAt) : null),
  ],
  ['ended_at', ({ endedAt }) => csvInstant(endedAt)],
  ['end_reason', ({ endReason }) => endReason],
  ['end_because', ({ endBecause }) => endBecause],
  ['converted_at', ({ convertedAt }) => csvInstant(convertedAt)],
  ['conversion_value', ({ conversionValue }) => conversionValue],
];
