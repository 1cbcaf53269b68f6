/**
 * Insights: what happened to one person, in one order: what it did, how its traits and memberships changed, where it entered
 * and what became of that, which messages were decided and sent. In: a profile, kinds, and where the page before ended. Out:
 * the latest first. One statement; every kind is asked for a page of its own: of events, memberships and messages along an
 * index, so that a page costs the same however deep it lies; of enrolments and their steps, of which a person has few, all
 * are sorted.
 */
import { instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';

export const TIMELINE_KINDS = [
  'events',
  'traits',
  'memberships',
  'enrolments',
  'messages',
] as const;
export type TimelineKind = (typeof TIMELINE_KINDS)[number];

interface About {
  event: { name: string; properties: object; source: string; historical: boolean };
  /** Before and after as JSON; null: there was, or is, none. */
  trait: { trait: string; before: unknown; after: unknown; source: string };
  joined: { segment: string; cause: string };
  left: { segment: string; cause: string };
  entered: { campaign: string; trigger: string };
  refused: { campaign: string; trigger: string; reason: string; numbers: object };
  step: { campaign: string; step: string; outcome: string };
  moved: { campaign: string; from: number; to: number; step: string | null; by: string };
  ended: { campaign: string; reason: string; because: string | null };
  decided: MessageAbout;
  skipped: MessageAbout;
  sent: MessageAbout;
  failed: MessageAbout;
  ambiguous: MessageAbout;
}

interface MessageAbout {
  campaign: string;
  step: string;
  subject: string | null;
  /** Of a notice: where it goes, empty where nowhere; null: it is a mail to the profile. */
  noticeTo: string | null;
  state: string;
  reason: string | null;
}

/** One thing that happened. `id` is the number of the row it stands in, of `step` its place in the table. */
export type TimelineItem = {
  [What in keyof About]: { at: Instant; rank: number; id: number; what: What; about: About[What] };
}[keyof About];

export interface TimelineQuery {
  kinds: readonly TimelineKind[];
  /** Only events of this name. */
  event: string | null;
  /** `at`, `rank` and `id` of the last item of the page before. */
  before: readonly [Instant, number, number] | null;
  limit: number;
}

/** Of a row without a number its place: steps of one instant lie in the order in which they were walked. */
const PLACE = '((t.ctid::text::point)[0]::bigint << 16 | (t.ctid::text::point)[1]::bigint)';

/* Of one instant: what comes later in the engine's order has the higher rank, and so stands above. */
const PARTS: readonly {
  kind: TimelineKind;
  select: string;
  from: string;
  at: string;
  rank: number;
  id: string;
}[] = [
  {
    kind: 'traits',
    rank: 1,
    at: 't.changed_at',
    id: 't.id',
    select: `'trait' as what, jsonb_build_object('trait', t.trait, 'before', t.before, 'after', t.after, 'source', t.source) as about`,
    from: 'trait_changes t where t.profile_id = $1',
  },
  {
    kind: 'memberships',
    rank: 2,
    at: 't.at',
    id: 't.id',
    select: `case when t.entered then 'joined' else 'left' end as what, jsonb_build_object('segment', t.segment, 'cause', t.cause) as about`,
    from: 'transitions t where t.profile_id = $1',
  },
  {
    kind: 'enrolments',
    rank: 3,
    at: 't.entered_at',
    id: 't.id',
    select: `'entered' as what, jsonb_build_object('campaign', t.campaign, 'trigger', t.trigger) as about`,
    from: 'enrolments t where t.profile_id = $1',
  },
  {
    kind: 'enrolments',
    rank: 4,
    at: 't.at',
    id: 't.id',
    select: `'refused' as what, jsonb_build_object('campaign', t.campaign, 'trigger', t.trigger, 'reason', t.reason, 'numbers', t.detail) as about`,
    from: 'entry_refusals t where t.profile_id = $1',
  },
  {
    kind: 'enrolments',
    rank: 5,
    at: 't.at',
    id: PLACE,
    select: `'moved' as what, jsonb_build_object('campaign', m.campaign, 'from', f.version, 'to', v.version, 'step', t.to_step,
      'by', m.requested_by) as about`,
    from: `enrolment_moves t join enrolment_migrations m on m.id = t.migration_id
        join definition_versions f on f.id = t.from_version_id join definition_versions v on v.id = m.to_version_id
      where t.profile_id = $1`,
  },
  {
    kind: 'enrolments',
    rank: 6,
    at: 't.settled_at',
    id: PLACE,
    select: `'step' as what, jsonb_build_object('campaign', e.campaign, 'step', t.step, 'outcome', t.outcome) as about`,
    // One that decided a message is told by the message: asked of each as long as the page is not full.
    from: `enrolment_steps t join enrolments e on e.id = t.enrolment_id left join lateral (
        select true as told from messages m
        where m.enrolment_id = t.enrolment_id and m.step = t.step and m.iteration = t.iteration and m.again_of is null
        limit 1) m on true
      where t.profile_id = $1 and m.told is null`,
  },
  {
    kind: 'messages',
    rank: 7,
    at: 't.decided_at',
    id: 't.id',
    select: `case when t.state = 'skipped' and t.settled_at is null then 'skipped' else 'decided' end as what, ABOUT_MESSAGE as about`,
    from: 'messages t where t.profile_id = $1',
  },
  {
    kind: 'enrolments',
    rank: 8,
    at: 't.ended_at',
    id: 't.id',
    select: `'ended' as what, jsonb_build_object('campaign', t.campaign, 'reason', t.end_reason, 'because', t.end_because) as about`,
    from: 'enrolments t where t.profile_id = $1 and t.ended_at is not null',
  },
  {
    kind: 'messages',
    rank: 9,
    at: 't.settled_at',
    id: 't.id',
    select: 't.state as what, ABOUT_MESSAGE as about',
    from: `messages t where t.profile_id = $1 and t.settled_at is not null and t.state in ('sent', 'failed', 'ambiguous', 'skipped')`,
  },
];

const ABOUT_MESSAGE = `jsonb_build_object('campaign', t.campaign, 'step', t.step, 'subject', t.subject, 'state', t.state, 'reason', t.reason,
  'noticeTo', case when t.purpose = 'notice' then coalesce(t.address, '') end)`;

/** `$2` to `$4`: where the page before ended. */
function earlier(at: string, rank: number, id: string): string {
  return `${at} <= $2::timestamptz(3) and (${at}, ${rank}, ${id}) < ($2::timestamptz(3), $3::integer, $4::bigint)`;
}

/*
 * Events lie by name (events_profile): of each name that the profile has a page is taken, and the latest of all are
 * shown. A profile with a million of one name costs no more than one with fifty.
 */
const EVENTS = `
  select e.occurred_at as at, 0 as rank, e.id, 'event' as what,
    jsonb_build_object('name', e.name, 'properties', e.properties, 'source', e.source, 'historical', e.historical) as about
  from profile_event_stats s, lateral (
    select * from events t
    where t.profile_id = s.profile_id and t.name = s.name and ${earlier('t.occurred_at', 0, 't.id')}
    order by t.occurred_at desc, t.id desc limit $5) e
  where s.profile_id = $1 and 'events' = any($6::text[]) and ($7::text is null or s.name = $7)
  order by at desc, e.id desc limit $5`;

const TIMELINE = `
select * from (
  (${EVENTS})
  ${PARTS.map(
    ({ kind, rank, at, id, select, from }) => `
  union all (
    select ${at} as at, ${rank} as rank, ${id} as id, ${select.replace('ABOUT_MESSAGE', ABOUT_MESSAGE)}
    from ${from} and '${kind}' = any($6::text[]) and ${earlier(at, rank, id)}
    order by 1 desc, 3 desc limit $5)`,
  ).join('')}) as timeline
order by at desc, rank desc, id desc limit $5`;

/** At most `limit` items, the latest first. */
export async function loadTimeline(
  sql: Queryable,
  profileId: number,
  { kinds, event, before, limit }: TimelineQuery,
): Promise<TimelineItem[]> {
  const [at, rank, id] = before ?? [Infinity, 0, 0];
  const { rows } = await sql.query<TimelineItem>({
    name: 'insights-timeline',
    text: TIMELINE,
    values: [profileId, instantToSql(at), rank, id, limit, kinds, event],
  });
  return rows;
}
