/**
 * `account:` in SQL: a condition on the company that the profile belonged to at its instant. The subjects become
 * companies (each once, however many of its profiles are asked about), whose events are those of all their members;
 * `members:` goes back from the companies to their members and counts those of whom it is true. Whoever has no company is
 * undecided. Days are those of the profile that asks (docs/adr/0105).
 */
import type { NumberTest } from '../../language/definitions.js';
import { companyOf } from './company-of.sql.js';
import { inRanges } from './event-quantity.sql.js';
import { countRanges } from '../count-ranges.js';
import { name, NEVER_SQL, type Lowering } from './lowering.js';
import type { Truth } from './truth.sql.js';

/** Lowers a condition over other subjects: the caller knows the tree. */
export type Inner = (lowering: Lowering) => Truth;

/** `of`: the condition on the company. */
export function lowerAccount(lowering: Lowering, of: Inner): Truth {
  return lowering.form === 'lateral' ? lateralAccount(lowering, of) : groupedAccount(lowering, of);
}

/** What a company has of its own. `born`: the start of its oldest member. */
function companyColumns({ columns }: Lowering, born: string): string[] {
  return [
    ...(columns.traits ? ['a.traits', 'a.traits_changed_at'] : []),
    ...(columns.bornAt ? [`${born} as born_at`] : []),
  ];
}

const OWNER = { traits: { table: 'account_trait_changes', owner: 'account_id' } };

function lateralAccount(lowering: Lowering, of: Inner): Truth {
  const company = lowering.alias('a');
  name(lowering.joins, company, { id: companyOf(lowering) });
  const inner = lowering.nested({ ...OWNER, profile: 'any(s.members)' });
  const verdict = of(inner);
  const columns = [
    ...carried(lowering, inner),
    'a.id as account_id',
    'm.members',
    ...companyColumns(inner, '(select min(p.born_at) from profiles p where p.id = any(m.members))'),
  ];
  const alias = lowering.alias('t');
  lowering.joins.push(`left join lateral (
  select ${verdict.holds} as holds, ${verdict.changes ?? NEVER_SQL} as changes
  from (
    select ${columns.join(', ')}
    from accounts a cross join lateral (
      select array(select m.profile_id from condition_members(a.id, s.at) m) as members offset 0) m
    where a.id = ${company}.id offset 0) s${joined(inner)}) ${alias} on true`);
  return verdictOf(alias, verdict);
}

function groupedAccount(lowering: Lowering, of: Inner): Truth {
  const [asked, companies, members, verdicts] = ['q', 'a', 'm', 't'].map((prefix) =>
    lowering.alias(prefix),
  ) as [string, string, string, string];
  const { groups } = lowering;
  const place = groups.push('', '', '') - 3;
  const inner = lowering.nested({
    ...OWNER,
    subjects: companies,
    events: ` join ${members} m on m.subject = s.subject`,
    profile: 'm.profile_id',
  });
  const verdict = of(inner);
  const shared = carried(lowering, inner);
  groups[place] = `${asked} as materialized (
  select s.subject, a.account_id, dense_rank() over (order by a.account_id, ${shared.join(', ')}) as company, ${shared.join(', ')}
  from ${lowering.owner.subjects} s cross join lateral (select ${companyOf(lowering)} as account_id offset 0) a
  where a.account_id is not null)`;
  const born = `(select min(p.born_at) from condition_members(a.id, q.at) m join profiles p on p.id = m.profile_id)`;
  const columns = [
    'q.company as subject',
    'q.account_id',
    ...shared.map((column) => column.replace('s.', 'q.')),
    ...companyColumns(inner, born),
  ];
  groups[place + 1] = `${companies} as materialized (
  select distinct on (q.company) ${columns.join(', ')}
  from ${asked} q join accounts a on a.id = q.account_id
  order by q.company)`;
  groups[place + 2] = `${members} as materialized (
  select s.subject, m.profile_id
  from ${companies} s cross join lateral condition_members(s.account_id, s.at) m)`;
  groups.push(`${verdicts} as materialized (
  select s.subject, ${verdict.holds} as holds, ${verdict.changes ?? NEVER_SQL} as changes
  from ${companies} s${joined(inner)})`);
  const alias = lowering.alias('t');
  lowering.joins.push(`left join (
  select q.subject, t.holds, t.changes from ${asked} q join ${verdicts} t on t.subject = q.company) ${alias} on ${alias}.subject = s.subject`);
  return verdictOf(alias, verdict);
}

function verdictOf(alias: string, { changes }: Truth): Truth {
  return {
    holds: `${alias}.holds`,
    changes: changes === null ? null : `coalesce(${alias}.changes, ${NEVER_SQL})`,
  };
}

export function lowerMembers(
  tests: readonly NumberTest[],
  lowering: Lowering,
  who: Inner | null,
): Truth {
  const { n, changes } = countMembers(lowering, who);
  return { holds: inRanges(n, countRanges(tests), lowering), changes };
}

/** How many members a company has; `who`: of a member, null = all of them. */
export function countMembers(
  lowering: Lowering,
  who: Inner | null,
): { n: string; changes: string | null } {
  const alias = lowering.alias('n');
  const changing =
    lowering.form === 'lateral'
      ? lateralMembers(lowering, alias, who)
      : groupedMembers(lowering, alias, who);
  return {
    n: `coalesce(${alias}.n, 0)`,
    changes: changing ? `coalesce(${alias}.changes, ${NEVER_SQL})` : null,
  };
}

/** Adds `alias` with the number of members of whom `who` is true; whether there is `changes` in it. */
function lateralMembers(lowering: Lowering, alias: string, who: Inner | null): boolean {
  if (!who) {
    name(lowering.joins, alias, { n: 'cardinality(s.members)' });
    return false;
  }
  const inner = lowering.nested({});
  const { holds, changes } = who(inner);
  const columns = memberColumns(lowering, inner);
  lowering.joins.push(`cross join lateral (
  select count(*) filter (where v.holds) as n${changes === null ? '' : ', min(v.changes) as changes'}
  from (
    select ${holds} as holds${changes === null ? '' : `, ${changes} as changes`}
    from (
      select ${columns.join(', ')} from profiles p where p.id = any(s.members) offset 0) s${joined(inner)}) v) ${alias}`);
  return changes !== null;
}

function groupedMembers(lowering: Lowering, alias: string, who: Inner | null): boolean {
  const { groups } = lowering;
  const { subjects, events } = lowering.owner;
  const counted = lowering.alias('n');
  const join = (): unknown =>
    lowering.joins.push(`left join ${counted} ${alias} on ${alias}.subject = s.subject`);
  if (!who) {
    groups.push(`${counted} as materialized (
  select s.subject, count(*) as n from ${subjects} s${events} group by s.subject)`);
    join();
    return false;
  }
  const members = lowering.alias('p');
  const place = groups.push('') - 1;
  const inner = lowering.nested({ subjects: members });
  const { holds, changes } = who(inner);
  const columns = memberColumns(lowering, inner);
  groups[place] = `${members} as materialized (
  select row_number() over () as subject, s.subject as company, ${columns.join(', ')}
  from ${subjects} s${events} join profiles p on p.id = m.profile_id)`;
  groups.push(`${counted} as materialized (
  select v.company as subject, count(*) filter (where v.holds) as n${changes === null ? '' : ', min(v.changes) as changes'}
  from (
    select s.company, ${holds} as holds${changes === null ? '' : `, ${changes} as changes`}
    from ${members} s${joined(inner)}) v
  group by v.company)`);
  join();
  return changes !== null;
}

function memberColumns(lowering: Lowering, inner: Lowering): string[] {
  const { traits, bornAt, account } = inner.columns;
  return [
    ...carried(lowering, inner),
    'p.id as profile_id',
    ...(traits ? ['p.traits', 'p.traits_changed_at'] : []),
    ...(bornAt ? ['p.born_at'] : []),
    ...(account ? ['p.account_id'] : []),
  ];
}

/** What the inner subjects have of those they come from; asks those for it. */
function carried({ columns: outer }: Lowering, { columns: inner }: Lowering): string[] {
  outer.since ||= inner.since;
  outer.waitSince ||= inner.waitSince;
  outer.day ||= inner.day;
  outer.entry ||= inner.entry;
  return [
    's.at',
    ...(inner.since ? ['s.since'] : []),
    ...(inner.waitSince ? ['s.wait_since'] : []),
    ...(inner.entry ? ['s.entry'] : []),
    ...(inner.day ? ['s.today', 's.next_midnight'] : []),
    ...inner.constants.map((_, index) => `s.k${index}`),
  ];
}

function joined({ joins }: Lowering): string {
  return joins.map((item) => `\n${item}`).join('');
}
