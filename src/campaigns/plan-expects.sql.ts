/**
 * Stage 3: how many a campaign lets in that nobody enters at once, as a plan says it: who matches when its schedule strikes
 * next, whom a broadcast would find if it were asked for now, whose date comes within a week, how often its trait has changed so of late. Counts of what is there now, and of who
 * asks; what `if`, exits and `again` leave of them is not known yet.
 */
import type { Instant } from '../core/instant.js';
import { DAY_MS, instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { nextStrike } from '../core/schedule.js';
import { companyPath } from '../language/company-path.js';
import type { CampaignDefinition, Condition, Entry } from '../language/definitions.js';
import { changeThatLetsIn } from './decide-change.js';
import { nextOccurrence } from './date-occurrences.js';

export interface Expected {
  /** `strike`, `asked`: profiles, at `from`. `dates`: profiles, within the two. `changes`: changes that there were between the two. */
  what: 'strike' | 'asked' | 'dates' | 'changes';
  n: number;
  from: Instant;
  to: Instant;
}

interface Around {
  now: Instant;
  projectZone: string;
  /** A query of those who match a condition at an instant. */
  matching: (condition: Condition, at: Instant) => Promise<{ text: string; values: unknown[] }>;
}

type Of<Kind extends Entry['kind']> = Extract<Entry, { kind: Kind }>;

const AHEAD_MS = 7 * DAY_MS;
const BACK_MS = 30 * DAY_MS;

/** Null where there is nothing to count: it is entered otherwise, or its schedule strikes no more. */
export async function expected(
  sql: Queryable,
  { enter }: Pick<CampaignDefinition, 'enter'>,
  around: Around,
): Promise<Expected | null> {
  if (enter.kind === 'schedule') return atStrike(sql, enter, around);
  if (enter.kind === 'broadcast') {
    const n = await countMatching(sql, enter.who, around, around.now);
    return { what: 'asked', n, from: around.now, to: around.now };
  }
  if (enter.kind === 'date') return byDates(sql, enter, around);
  return enter.kind === 'trait' ? byChanges(sql, enter, around) : null;
}

/** In the zone of the project, where everybody has their own: the others are let in some hours before or after. */
async function atStrike(
  sql: Queryable,
  enter: Of<'schedule'>,
  around: Around,
): Promise<Expected | null> {
  const { now, projectZone } = around;
  const zone = zoneOf(enter.zone, null, projectZone);
  const at = nextStrike(enter.schedule, [zone], now)?.at;
  if (at === undefined) return null;
  const n = await countMatching(sql, enter.who, around, at);
  return { what: 'strike', n, from: at, to: at };
}

async function countMatching(
  sql: Queryable,
  who: Condition,
  { matching }: Around,
  at: Instant,
): Promise<number> {
  const { text, values } = await matching(who, at);
  const { rows } = await sql.query<{ n: number }>(`select count(*) as n from (${text}) m`, values);
  return rows[0]!.n;
}

async function byDates(
  sql: Queryable,
  enter: Of<'date'>,
  { now, projectZone }: Around,
): Promise<Expected> {
  const ofCompany = companyPath(enter.path);
  const { rows } = await sql.query<{ value: string; zone: string | null; n: number }>(
    `select d.traits #>> $1::text[] as value, p.zone, count(*) as n
     from profiles p ${ofCompany ? 'join accounts d on d.id = p.account_id' : 'join profiles d on d.id = p.id'}
     where p.merged_into is null and jsonb_typeof(d.traits #> $1::text[]) = 'string' group by 1, 2`,
    [ofCompany ?? enter.path],
  );
  const to = now + AHEAD_MS;
  let n = 0;
  for (const row of rows) {
    const next = nextOccurrence(enter, row.value, zoneOf(enter.zone, row.zone, projectZone), now);
    if (next && next.due <= to) n += row.n;
  }
  return { what: 'dates', n, from: now, to };
}

async function byChanges(
  sql: Queryable,
  enter: Of<'trait'>,
  { now, projectZone }: Around,
): Promise<Expected> {
  const from = now - BACK_MS;
  const ofCompany = companyPath(enter.path);
  const { rows } = await sql.query<{ before: unknown; after: unknown; n: number }>(
    `select c.before, c.after, count(*) as n
     from ${ofCompany ? 'account_trait_changes c join profiles p on p.account_id = c.account_id and p.merged_into is null' : 'trait_changes c'}
     where c.trait = $1 and c.changed_at > $2::timestamptz(3) and c.changed_at <= $3::timestamptz(3) group by 1, 2`,
    [(ofCompany ?? enter.path)[0], instantToSql(from), instantToSql(now)],
  );
  // What a test looks up at somebody is not looked up for everybody: undecided, and not counted.
  const testing = { at: now, zone: projectZone, look: () => null };
  const n = rows
    .filter(
      (change) =>
        changeThatLetsIn({ ...enter, path: ofCompany ?? enter.path }, change, testing) !== null,
    )
    .reduce((sum, change) => sum + change.n, 0);
  return { what: 'changes', n, from, to: now };
}

function zoneOf(zone: string, ofProfile: string | null, projectZone: string): string {
  if (zone === 'project') return projectZone;
  return zone === 'profile' ? (ofProfile ?? projectZone) : zone;
}
