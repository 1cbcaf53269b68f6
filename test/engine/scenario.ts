/**
 * A workspace to play a story in: definitions in code, profiles and events by plain SQL (not through
 * ingest, so the engine is tested alone), time in the hands of the test.
 */
import { isZone } from '../../src/core/calendar.js';
import type { Instant } from '../../src/core/instant.js';
import { instantToSql } from '../../src/core/instant.js';
import type { Connection } from '../../src/core/queryable.js';
import { SHARD_COUNT } from '../../src/core/shard.js';
import { applyDefinitions } from '../../src/definitions/apply-definitions.js';
import { advance, type Advanced } from '../../src/engine/advance.js';
import { loadEngineDefinitions } from '../../src/engine/engine-definitions.js';
import type {
  CampaignDefinition,
  Condition,
  Definitions,
  Entry,
  ProjectDefinition,
  SegmentDefinition,
  Step,
} from '../../src/language/definitions.js';
import type { TemplateDefinition } from '../../src/language/templates/template-definition.js';
import type { TestDatabase } from '../support/database.js';
import { testDatabase } from '../support/database.js';

export const ALL_SHARDS = Array.from({ length: SHARD_COUNT }, (_, shard) => shard);
export const DAY = 86_400_000;
export const at = (text: string): Instant =>
  Date.parse(text.includes('T') ? text : `${text.replace(' ', 'T')}:00Z`);

export const project: ProjectDefinition = {
  kind: 'project',
  id: 'rekindle',
  project: 'Acme',
  zone: 'UTC',
  locale: 'en',
  profileStart: ['created_at'],
  senders: { marketing: { name: 'Acme', email: 'hello@acme.example', replyTo: null } },
  postalAddress: 'Acme, Street 1',
  mailDomain: 'acme.example',
  links: null,
  topics: {
    offers: { name: 'Offers', default: 'subscribed' },
    tips: { name: 'Tips', default: 'unsubscribed' },
  },
};

export const send = (id: string, options: Partial<Step> = {}): Step =>
  ({ id, if: null, kind: 'send', template: 'mail', from: null, topic: null, ...options }) as Step;
export const wait = (id: string, count: number, unit: 'day' | 'hour' = 'day'): Step => ({
  id,
  if: null,
  kind: 'wait',
  duration: { count, unit },
  at: null,
});
export const onEvent = (...names: string[]) => ({
  names: { kind: 'list' as const, names },
  where: [],
});
export const eventEntry = (name: string, options: Record<string, unknown> = {}): Entry => ({
  kind: 'event',
  match: onEvent(name),
  ignoreOlderThanMs: DAY,
  if: null,
  per: null,
  needs: [],
  again: { kind: 'never' },
  ifActive: 'ignore',
  zone: 'profile',
  ...options,
});
export const broadcastEntry = (who: Condition, options: Record<string, unknown> = {}): Entry => ({
  kind: 'broadcast',
  who,
  if: null,
  per: null,
  needs: [],
  again: { kind: 'always' },
  ifActive: 'ignore',
  zone: 'profile',
  ...options,
});
export const segmentEntry = (segment: string, options: Record<string, unknown> = {}): Entry => ({
  kind: 'segment',
  segment,
  current: false,
  ifLeft: 'exit',
  if: null,
  per: null,
  needs: [],
  again: { kind: 'never' },
  ifActive: 'ignore',
  zone: 'profile',
  ...options,
});
export const campaign = (
  id: string,
  enter: Entry,
  steps: Step[],
  options: Partial<CampaignDefinition> = {},
): CampaignDefinition => ({
  kind: 'campaign',
  id,
  description: null,
  purpose: 'marketing',
  topic: 'offers',
  from: null,
  draft: false,
  enter,
  exit: [],
  goal: null,
  steps,
  ...options,
});
export const segment = (id: string, who: Condition): SegmentDefinition => ({
  kind: 'segment',
  id,
  description: null,
  implicitFor: null,
  who,
});

const mail: TemplateDefinition = {
  kind: 'template',
  id: 'mail',
  variants: {
    '': {
      format: 'html',
      subject: 'Hello',
      preheader: null,
      from: null,
      defaults: {},
      sample: {},
      body: '<p>Hello</p>',
      bodyLine: 1,
      layout: null,
      partials: {},
      text: null,
    },
  },
};

export interface Written {
  segments?: SegmentDefinition[];
  campaigns?: CampaignDefinition[];
  /** Ids; default `mail`, which is what `send` sends. */
  templates?: string[];
  /** What differs from `project`. */
  project?: Partial<ProjectDefinition>;
}

export function definitionsOf({
  segments,
  campaigns,
  templates,
  project: own,
}: Written): Definitions {
  return {
    project: { ...project, ...own },
    segments: segments ?? [],
    campaigns: campaigns ?? [],
    templates: (templates ?? [mail.id]).map((id) => ({ ...mail, id })),
  };
}

export class Scenario {
  private clock: Instant = 0;

  private constructor(
    readonly db: TestDatabase,
    readonly connection: Connection,
  ) {}

  static async open(): Promise<Scenario> {
    const db = await testDatabase();
    return new Scenario(db, await db.pool.connect());
  }

  async close(): Promise<void> {
    this.connection.release();
    await this.db.close();
  }

  async apply(written: Written, at = this.clock): Promise<void> {
    await applyDefinitions(this.db.dataSource, definitionsOf(written), { by: 'test', at });
  }

  /** A new profile; its id. */
  async profile(
    traits: Record<string, unknown> = {},
    bornAt: Instant | null = null,
  ): Promise<number> {
    const { rows } = await this.connection.query<{ id: number }>(
      `insert into profiles (id, shard, traits, zone, born_at, created_at)
       select id, id % 256, $1, $1::jsonb ->> 'timezone', $2, $3 from (select nextval(pg_get_serial_sequence('profiles', 'id')) as id) n
       returning id`,
      [
        { email: 'ann@example.com', ...traits },
        bornAt === null ? null : instantToSql(bornAt),
        instantToSql(0),
      ],
    );
    return rows[0]!.id;
  }

  /** An event received now; `occurredAt` and `historical` where they differ. */
  async track(
    profileId: number,
    name: string,
    when: Instant,
    properties: Record<string, unknown> = {},
    o: { occurredAt?: Instant; historical?: boolean; kind?: 'event' | 'import' } = {},
  ): Promise<void> {
    const occurredAt = instantToSql(o.occurredAt ?? when);
    const values = [
      profileId,
      name,
      occurredAt,
      instantToSql(when),
      properties,
      o.historical ?? false,
    ];
    const { rows } = await this.connection.query<{ id: number }>(
      `insert into events (profile_id, name, occurred_at, judged_at, received_at, properties, source, message_id, historical)
       values ($1, $2, $3, $4, $4, $5, 'test', gen_random_uuid()::text, $6) returning id`,
      values,
    );
    await this.connection.query(
      `insert into profile_event_stats as s (profile_id, name, count, first_at, last_at, judged_at) values ($1, $2, 1, $3, $3, $4)
       on conflict (profile_id, name) do update set count = s.count + 1, first_at = least(s.first_at, excluded.first_at),
         last_at = greatest(s.last_at, excluded.last_at), judged_at = greatest(s.judged_at, excluded.judged_at)`,
      values.slice(0, 4),
    );
    await this.connection.query(
      `insert into inbox (shard, profile_id, kind, name, event_id, occurred_at, judged_at, historical, data)
       values ($1::bigint % 256, $1, $7, $2, $8, $3, $4, $6, $5)`,
      [...values, o.kind ?? 'event', rows[0]!.id],
    );
  }

  /** A top-level trait changes. */
  async setTrait(profileId: number, trait: string, after: unknown, when: Instant): Promise<void> {
    const { rows } = await this.connection.query<{ before: unknown }>(
      `select traits -> $2 as before from profiles where id = $1`,
      [profileId, trait],
    );
    await this.connection.query(
      `update profiles set traits = traits || jsonb_build_object($2::text, $3::jsonb), traits_changed_at = $4 where id = $1`,
      [profileId, trait, JSON.stringify(after), instantToSql(when)],
    );
    if (trait === 'timezone')
      await this.connection.query('update profiles set zone = $2 where id = $1', [
        profileId,
        typeof after === 'string' && isZone(after) ? after : null,
      ]);
    await this.connection.query(
      `insert into trait_changes (profile_id, trait, before, after, changed_at, source) values ($1, $2, $3, $4, $5, 'test')`,
      [
        profileId,
        trait,
        rows[0]!.before === null ? null : JSON.stringify(rows[0]!.before),
        JSON.stringify(after),
        instantToSql(when),
      ],
    );
    await this.connection.query(
      `insert into inbox (shard, profile_id, kind, occurred_at, judged_at, data) values ($1::bigint % 256, $1, 'traits', $2, $2, $3)`,
      [profileId, instantToSql(when), { [trait]: { before: rows[0]!.before, after } }],
    );
  }

  /** Settles everything up to `until`, in one transaction a window of at most `step` ms. */
  async advance(until: Instant, step = Number.POSITIVE_INFINITY): Promise<Advanced> {
    let last: Advanced;
    do {
      this.clock = Math.min(until, this.clock === 0 ? until : this.clock + step);
      last = await this.advanceOnce(this.clock);
    } while (this.clock < until || last.more);
    return last;
  }

  private async advanceOnce(until: Instant): Promise<Advanced> {
    await this.connection.query('begin isolation level repeatable read');
    try {
      const definitions = (await loadEngineDefinitions(this.connection))!;
      const result = await advance(this.connection, { shards: ALL_SHARDS, until, definitions });
      await this.connection.query('commit');
      return result;
    } catch (error) {
      await this.connection.query('rollback');
      throw error;
    }
  }

  /** Messages in order, as `step@instant` or `step@instant skipped:reason`. */
  async messages(profileId?: number): Promise<string[]> {
    const { rows } = await this.connection.query<{
      step: string;
      decided_at: Instant;
      reason: string | null;
    }>(
      `select step, decided_at, reason from messages where $1::bigint is null or profile_id = $1 order by decided_at, id`,
      [profileId ?? null],
    );
    return rows.map(
      (row) => `${row.step}@${short(row.decided_at)}${row.reason ? ` skipped:${row.reason}` : ''}`,
    );
  }

  /** Enrolments in order, as `campaign@entered state reason because`. */
  async enrolments(profileId?: number): Promise<string[]> {
    const { rows } = await this.connection.query<
      Record<string, never> & {
        campaign: string;
        entered_at: Instant;
        ended_at: Instant | null;
        end_reason: string | null;
        end_because: string | null;
        step: string | null;
      }
    >(
      `select campaign, entered_at, ended_at, end_reason, end_because, step from enrolments
       where $1::bigint is null or profile_id = $1 order by entered_at, campaign, id`,
      [profileId ?? null],
    );
    return rows.map((row) =>
      row.ended_at === null
        ? `${row.campaign}@${short(row.entered_at)} at ${row.step}`
        : `${row.campaign}@${short(row.entered_at)} ${row.end_reason}${row.end_because ? ` ${row.end_because}` : ''}@${short(row.ended_at)}`,
    );
  }

  async refusals(): Promise<string[]> {
    const { rows } = await this.connection.query<{ campaign: string; reason: string; at: Instant }>(
      `select campaign, reason, at from entry_refusals order by at, id`,
    );
    return rows.map((row) => `${row.campaign}@${short(row.at)} ${row.reason}`);
  }

  async transitions(): Promise<string[]> {
    const { rows } = await this.connection.query<{
      segment: string;
      entered: boolean;
      at: Instant;
      cause: string;
    }>(`select segment, entered, at, cause from transitions order by at, id`);
    return rows.map(
      (row) => `${row.segment}@${short(row.at)} ${row.entered ? 'entered' : 'exited'} ${row.cause}`,
    );
  }
}

/** `2026-01-05 12:00`, with seconds only where there are any. */
function short(instant: Instant): string {
  return new Date(instant)
    .toISOString()
    .replace('T', ' ')
    .replace(/(:00)?\.000Z$/, '')
    .replace(/Z$/, '');
}
