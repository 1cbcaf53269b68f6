/**
 * Names in definitions that nothing has had so far: an event that never came, a property that no such event has, a trait of
 * nobody or of no company, feedback that nobody has told. In: mentions (language/mentions.ts). Out: which of them are unknown
 * here, with what is known instead.
 *
 * What is known is looked for in samples, so that a plan costs the same over millions of profiles; only a name that a sample
 * lacks is then looked for everywhere.
 */
import { FEEDBACK_KINDS } from '../core/feedback-kinds.js';
import type { Queryable } from '../core/queryable.js';
import type { Mention } from '../language/mentions.js';

export interface Unseen {
  mention: Mention;
  /** Names of the same kind that there are; of a property those of its events. */
  known: string[];
}

/** Rows of a table that a sample has at most, about. */
const SAMPLE_ROWS = 500_000;
/** Latest events of a name whose properties are looked at. */
const EVENTS_SEEN = 100;

/** Nothing is said while nothing of a kind has come in at all: somebody begins with the definitions. */
export async function unseenNames(sql: Queryable, mentions: readonly Mention[]): Promise<Unseen[]> {
  const share = await sampleShares(sql);
  const of = (kind: Mention['kind']): Mention[] => mentions.filter((one) => one.kind === kind);
  const events = await knownEvents(sql, namesIn(of('event')), share.profile_event_stats);
  const traits = await knownTraits(sql, 'profiles', namesIn(of('trait')), share.profiles);
  const ofAccounts = await knownTraits(
    sql,
    'accounts',
    namesIn(of('account_trait')),
    share.accounts,
  );
  const asked = [...new Set(of('property').flatMap((one) => one.of))];
  const properties = await knownProperties(sql, asked, share.profile_event_stats);
  const ofEvents = (names: readonly string[]): string[] => [
    ...new Set(names.flatMap((name) => properties.get(name) ?? [])),
  ];
  const feedback = of('feedback').length === 0 ? [] : await knownFeedback(sql);
  return mentions.flatMap((mention): Unseen[] => {
    const { kind, name } = mention;
    const known = {
      event: events,
      trait: traits,
      account_trait: ofAccounts,
      property: ofEvents(mention.of),
      feedback,
      campaign: [] as string[],
    }[kind];
    // Of events that never came nothing is known, and that is said of them. Feedback does not begin by itself.
    return (known.length === 0 && kind !== 'feedback') || known.includes(name)
      ? []
      : [{ mention, known }];
  });
}

async function knownFeedback(sql: Queryable): Promise<string[]> {
  return namesFrom(
    sql,
    `select kind as name from unnest($1::text[]) kind
     where exists (select from message_feedback f where f.kind = kind.kind and not f.machine)`,
    [FEEDBACK_KINDS],
  );
}

function namesIn(mentions: readonly Mention[]): string[] {
  return [...new Set(mentions.map(({ name }) => name))];
}

type Shares = Record<'profiles' | 'accounts' | 'profile_event_stats', number>;

/** How much of each table a sample takes, in percent. */
async function sampleShares(sql: Queryable): Promise<Shares> {
  const { rows } = await sql.query<{ table: keyof Shares; rows: number }>(
    `select t as "table", c.reltuples::float8 as rows
     from unnest(array['profiles', 'accounts', 'profile_event_stats']) t join pg_class c on c.oid = t::regclass`,
  );
  const share = (table: keyof Shares): number => {
    const count = rows.find((row) => row.table === table)?.rows ?? 0;
    return count <= SAMPLE_ROWS ? 100 : (100 * SAMPLE_ROWS) / count;
  };
  return {
    profiles: share('profiles'),
    accounts: share('accounts'),
    profile_event_stats: share('profile_event_stats'),
  };
}

async function knownEvents(
  sql: Queryable,
  wanted: readonly string[],
  share: number,
): Promise<string[]> {
  const sampled = await namesFrom(
    sql,
    'select distinct name from profile_event_stats tablesample system ($1)',
    [share],
  );
  return withMissing(sampled, wanted, share, (names) =>
    namesFrom(sql, 'select distinct name from profile_event_stats where name = any($1)', [names]),
  );
}

/** Of profiles, or of companies. */
async function knownTraits(
  sql: Queryable,
  table: 'profiles' | 'accounts',
  wanted: readonly string[],
  share: number,
): Promise<string[]> {
  const sampled = await namesFrom(
    sql,
    `select distinct k as name from ${table} tablesample system ($1), jsonb_object_keys(traits) k`,
    [share],
  );
  return withMissing(sampled, wanted, share, (names) =>
    namesFrom(
      sql,
      `select n as name from unnest($1::text[]) n where exists (select from ${table} where traits ? n)`,
      [names],
    ),
  );
}

/** What a sample of a part lacks is looked for everywhere. */
async function withMissing(
  sampled: string[],
  wanted: readonly string[],
  share: number,
  everywhere: (names: string[]) => Promise<string[]>,
): Promise<string[]> {
  const missing = wanted.filter((name) => !sampled.includes(name));
  return share >= 100 || missing.length === 0
    ? sampled
    : [...sampled, ...(await everywhere(missing))];
}

async function namesFrom(sql: Queryable, text: string, values: unknown[]): Promise<string[]> {
  const { rows } = await sql.query<{ name: string }>(text, values);
  return rows.map(({ name }) => name);
}

/** Of the latest events of each name, one a profile: the properties that any of them has. */
async function knownProperties(
  sql: Queryable,
  names: readonly string[],
  share: number,
): Promise<ReadonlyMap<string, string[]>> {
  if (names.length === 0) return new Map();
  const { rows } = await sql.query<{ name: string; keys: string[] }>(
    `select s.name, array_agg(distinct k) as keys
     from (
       select name, profile_id, row_number() over (partition by name order by last_at desc, profile_id) as i
       from profile_event_stats tablesample system ($2) where name = any($1)
     ) s
     cross join lateral (
       select e.properties from events e where e.profile_id = s.profile_id and e.name = s.name
       order by e.occurred_at desc limit 1
     ) latest
     cross join lateral jsonb_object_keys(latest.properties) k
     where s.i <= ${EVENTS_SEEN} group by s.name`,
    [names, share],
  );
  return new Map(rows.map(({ name, keys }) => [name, keys]));
}
