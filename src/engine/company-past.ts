/**
 * Traits of companies in the engine's hands: which company a profile belonged to at an instant, and what that had then. Loaded for
 * those traits alone that entries and waits look up themselves; where there are none, nothing is asked.
 */
import { instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { EngineDefinitions } from './engine-definitions.js';
import { preparedAs } from './prepared-as.js';
import type { CompanyPast, Fact, KnownCompany, ProfileState } from './window.js';

/** What was said of a company, as its members hear of it (ingest/account-moves.sql.ts). */
interface CompanyNews {
  /** Somebody came or went. */
  moved: boolean;
  /** Of what was changed, what some definition reads. */
  traits: string[];
  /** Absent in what was told by an older release. */
  changed?: { account: number; trait: string; before?: unknown; after?: unknown }[];
}

/** Sets `company` of the profiles, with what changed after `since`. */
export async function loadCompanies(
  sql: Queryable,
  profiles: ReadonlyMap<number, ProfileState>,
  { definitions, since }: { definitions: EngineDefinitions; since: Instant },
): Promise<void> {
  const traits = new Set(
    [...definitions.versions.values()].flatMap((version) => [...version.companyTraitsInCode]),
  );
  if (traits.size === 0 || profiles.size === 0) return;
  const moves = await loadMoves(sql, [...profiles.keys()], since);
  const ids = new Set<number>();
  for (const { id, accountId } of profiles.values()) {
    if (accountId !== null) ids.add(accountId);
    for (const { before } of moves.get(id) ?? []) if (before !== null) ids.add(before);
  }
  const companies = await loadTraits(sql, [...ids], { traits: [...traits], since });
  for (const profile of profiles.values())
    profile.company = { moves: moves.get(profile.id) ?? [], companies };
}

async function loadMoves(
  sql: Queryable,
  ids: number[],
  since: Instant,
): Promise<Map<number, CompanyPast['moves']>> {
  const { rows } = await sql.query<{ profileId: number; before: number | null; at: Instant }>({
    ...preparedAs('engine-load-account-moves', ids.length),
    text: `select m.profile_id as "profileId", m.before, m.changed_at as at from account_moves m
           where m.profile_id = any($1::bigint[]) and m.changed_at > $2::timestamptz
           order by m.profile_id, m.changed_at desc, m.id desc`,
    values: [ids, instantToSql(since)],
  });
  const moves = new Map<number, CompanyPast['moves']>();
  for (const { profileId, ...move } of rows)
    moves.set(profileId, [...(moves.get(profileId) ?? []), move]);
  return moves;
}

async function loadTraits(
  sql: Queryable,
  ids: number[],
  { traits, since }: { traits: string[]; since: Instant },
): Promise<Map<number, KnownCompany>> {
  if (ids.length === 0) return new Map();
  const known = await sql.query<{ id: number; traits: Record<string, unknown> }>({
    ...preparedAs('engine-load-accounts', ids.length),
    text: `select id, (select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(traits) where key = any($2::text[])) as traits
           from accounts where id = any($1::bigint[])`,
    values: [ids, traits],
  });
  const companies = new Map(
    known.rows.map(({ id, traits: now }): [number, KnownCompany] => [
      id,
      { traits: now, changes: [] },
    ]),
  );
  const { rows } = await sql.query<{
    account: number;
    trait: string;
    before: unknown;
    at: Instant;
  }>({
    ...preparedAs('engine-load-account-trait-changes', ids.length),
    text: `select c.account_id as account, c.trait, c.before, c.changed_at as at from account_trait_changes c
           where c.account_id = any($1::bigint[]) and c.trait = any($2::text[]) and c.changed_at > $3::timestamptz
           order by c.account_id, c.changed_at desc, c.id desc`,
    values: [ids, traits, instantToSql(since)],
  });
  for (const { account, ...change } of rows) companies.get(account)!.changes.push(change);
  return companies;
}

/** The company that a profile belonged to at an instant; null = none. */
export function companyAt({ accountId, company }: ProfileState, at: Instant): number | null {
  let id = accountId;
  for (const move of company?.moves ?? []) {
    if (move.at <= at) break;
    id = move.before;
  }
  return id;
}

/** A top-level trait of the company of a profile as it was at `at`. */
export function companyTraitAt(profile: ProfileState, trait: string, at: Instant): unknown {
  const id = companyAt(profile, at);
  const company = id === null ? undefined : profile.company?.companies.get(id);
  if (!company) return undefined;
  let value = Object.hasOwn(company.traits, trait) ? company.traits[trait] : undefined;
  for (const change of company.changes) {
    if (change.at <= at) break;
    if (change.trait === trait) value = change.before ?? undefined;
  }
  return value;
}

/** What a fact says of companies, of one's own doing or a colleague's; null = nothing. */
export function companyNews({ kind, data }: Pick<Fact, 'kind' | 'data'>): CompanyNews | null {
  if (kind === 'account') return data as unknown as CompanyNews;
  const told = kind === 'member' ? (data as { kind: string; data: unknown }) : null;
  return told?.kind === 'account' ? { ...(told.data as CompanyNews), moved: false } : null;
}

/** What a trait of the profile's company was and is by this fact, whole; null when that says nothing of it. */
export function companyChange(
  profile: ProfileState,
  { fact, at }: { fact: Fact; at: Instant },
  trait: string,
): { before?: unknown; after?: unknown } | null {
  const own = companyAt(profile, at);
  const said = (companyNews(fact)?.changed ?? []).filter(
    (one) => one.account === own && one.trait === trait,
  );
  return said.length === 0 ? null : { before: said[0]!.before, after: said.at(-1)!.after };
}
