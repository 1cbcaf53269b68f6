/**
 * `one_per_account` for one profile, as of an instant: who of its company is in the campaign, and else who goes first where
 * several would enter at the same instant. In: a profile and a campaign. Out: the two by name, judged by the engine's own conditions.
 */
import { chooseMember } from '../campaigns/choose-member.js';
import { DAY_MS, instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { userIdOf } from '../ingest/profiles.sql.js';
import { printOnePerAccount } from '../language/campaigns/print-enter.js';
import { printCondition } from '../language/conditions/print-condition.js';
import type { Condition } from '../language/definitions.js';
import { compileCondition } from '../segments/compile-condition.js';
import { evaluate } from '../segments/evaluate.js';
import { segmentsOf, type Asked } from './explain-asked.js';

export interface Colleague {
  profileId: number;
  /** The application's id of it; null: it has none. */
  userId: string | null;
}

export interface CompanyRule {
  /** `one_per_account: { prefer: [{ trait: role, is: owner }], otherwise: oldest }` */
  says: string;
  /** How many belong to the company, itself too; of larger ones so many are looked at. */
  members: number;
  /** Another of it that is in the campaign, so that it does not enter; null: none is. */
  inIt: Colleague | null;
  /** Who goes before the others of it; null: nobody is wanted. */
  first: (Colleague & { isAsked: boolean; because: string }) | null;
}

/** So many of a company are looked at. */
const MOST_MEMBERS = 500;

const LATELY_MS = 30 * DAY_MS;

interface Member extends Colleague {
  zone: string | null;
  bornAt: Instant | null;
  events: number;
  inIt: boolean;
}

/** Null: the campaign takes everybody, or the profile has no company. */
export async function explainCompany(sql: Queryable, asked: Asked): Promise<CompanyRule | null> {
  const rule = asked.definition.enter.onePerAccount;
  if (!rule) return null;
  const { profileId } = asked.profile;
  const members = await membersThen(sql, asked);
  if (members.length === 0) return null;
  const inIt = members.find((one) => one.inIt && one.profileId !== profileId);
  const places = await preferences(sql, asked, members, rule.prefer);
  const chosen = chooseMember(
    rule,
    members.map(({ profileId: id, bornAt, events }) => ({
      id,
      bornAt,
      events,
      preference: places.get(id) ?? null,
    })),
  );
  const first = chosen && members.find((one) => one.profileId === chosen.id)!;
  return {
    says: `one_per_account: ${printOnePerAccount(rule)}`,
    members: members.length,
    inIt: inIt ? { profileId: inIt.profileId, userId: inIt.userId } : null,
    first: first && {
      profileId: first.profileId,
      userId: first.userId,
      isAsked: first.profileId === profileId,
      because:
        chosen.preference === null
          ? rule.otherwise
          : printCondition(rule.prefer[chosen.preference]!),
    },
  };
}

/** Of the company that it belonged to then. */
async function membersThen(sql: Queryable, { profile, definition, at }: Asked): Promise<Member[]> {
  const { rows } = await sql.query<Member>(
    `select m.profile_id as "profileId", ${userIdOf('m')} as "userId", p.zone, p.born_at as "bornAt",
       (select count(*)::int from events e where e.profile_id = m.profile_id and e.name not like '$%'
          and e.occurred_at > $4::timestamptz and e.occurred_at <= $2::timestamptz and e.judged_at <= $2::timestamptz) as events,
       exists (select from enrolments e where e.profile_id = m.profile_id and e.campaign = $3
         and e.entered_at <= $2::timestamptz and (e.ended_at is null or e.ended_at > $2::timestamptz)) as "inIt"
     from (select x.id from (
         (select 0 as place, before as id from account_moves
          where profile_id = $1 and changed_at > $2::timestamptz order by changed_at, id limit 1)
         union all select 1, account_id from profiles where id = $1) x order by x.place limit 1) a
     cross join lateral condition_members(a.id, $2::timestamptz) m join profiles p on p.id = m.profile_id
     order by m.profile_id limit $5`,
    [
      profile.profileId,
      instantToSql(at),
      definition.id,
      instantToSql(at - LATELY_MS),
      MOST_MEMBERS,
    ],
  );
  return rows;
}

/** The first preference that is true of each, by profile. */
async function preferences(
  sql: Queryable,
  asked: Asked,
  members: readonly Member[],
  prefer: readonly Condition[],
): Promise<Map<number, number>> {
  const places = new Map<number, number>();
  for (const [place, condition] of prefer.entries()) {
    const open = members.filter(({ profileId }) => !places.has(profileId));
    const subjects = open.map(({ profileId, zone }, index) => ({
      subjectId: index,
      profileId,
      at: asked.at,
      since: null,
      waitSince: null,
      entry: null,
      zone: zone ?? asked.live.project.zone,
    }));
    const verdicts = await evaluate(sql, compileCondition(condition, segmentsOf(asked)), subjects);
    for (const [index, { holds }] of verdicts.entries())
      if (holds === true) places.set(open[index]!.profileId, place);
  }
  return places;
}
