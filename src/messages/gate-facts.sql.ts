/**
 * Messages, stage 4: everything `decideMessage` and templates want to know of a batch of profiles, in two
 * queries. In: profile ids. Out: one `GateFacts` per id that exists; a merged profile answers for itself and
 * names its survivor in `mergedInto`. What counts as the same address is decided here, in code, by the
 * parser that decides where mail goes: a second reading in SQL would let through what the two read differently.
 */
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { suppressionKey } from '../core/parse-address.js';

export interface GateFacts {
  profileId: number;
  /** The `email` trait, whatever it is. */
  email: unknown;
  locale: unknown;
  zone: string | null;
  traits: Record<string, unknown>;
  accountTraits: Record<string, unknown>;
  mergedInto: number | null;
  /** What the profile said, by topic; `*` = all. */
  subscriptions: Record<string, boolean>;
  /** While it is left alone by hand. */
  pause: { since: Instant; until: Instant } | null;
  /** Reason of the suppression of its address, null = none. */
  suppressed: string | null;
}

type Paused =
  | { pausedSince: null; pausedUntil: null }
  | { pausedSince: Instant; pausedUntil: Instant };

/** Facts by profile id as the transaction of `sql` sees them. */
export async function loadGateFacts(
  sql: Queryable,
  profileIds: number[],
): Promise<Map<number, GateFacts>> {
  const { rows } = await sql.query<Omit<GateFacts, 'suppressed' | 'pause'> & Paused>({
    name: 'messages_gate_facts',
    text: `
      select p.id as "profileId", p.traits -> 'email' as email, p.traits -> 'locale' as locale, p.zone, p.traits,
             coalesce(a.traits, '{}') as "accountTraits", p.merged_into as "mergedInto",
             coalesce(s.said, '{}') as subscriptions, q.since as "pausedSince", q.until as "pausedUntil"
        from unnest($1::bigint[]) as wanted (id)
        join profiles p on p.id = wanted.id
        left join accounts a on a.id = p.account_id
        left join profile_pauses q on q.profile_id = p.id
        left join lateral (select jsonb_object_agg(topic, subscribed) as said
                             from subscriptions where profile_id = p.id) s on true`,
    values: [[...new Set(profileIds)]],
  });
  const keyed = rows.map((row) => ({ row, key: suppressionKey(row.email) }));
  const reasons = await loadSuppressions(
    sql,
    keyed.flatMap(({ key }) => key ?? []),
  );
  return new Map(
    keyed.map(({ row: { pausedSince, pausedUntil, ...row }, key }) => [
      row.profileId,
      {
        ...row,
        pause: pausedSince === null ? null : { since: pausedSince, until: pausedUntil },
        suppressed: (key !== null && reasons.get(key)) || null,
      },
    ]),
  );
}

/** Reasons by suppressed address; `addresses` as `suppressionKey` writes them. */
export async function loadSuppressions(
  sql: Queryable,
  addresses: string[],
): Promise<Map<string, string>> {
  if (addresses.length === 0) return new Map();
  const { rows } = await sql.query<{ address: string; reason: string }>({
    name: 'messages_suppressions',
    text: `
      select address, reason from suppressions where address = any($1::text[])
      union all
      select a.address, e.reason from unnest($1::text[]) as a (address)
      join erased_addresses e on e.hash = address_hash(a.address)`,
    values: [[...new Set(addresses)]],
  });
  return new Map(rows.map((row) => [row.address, row.reason]));
}

/** What these facts say about one topic at an instant, in the words of `decideMessage`. */
export function consentFor(
  facts: GateFacts,
  topic: string | null,
  at: Instant,
): { subscription: boolean | null; unsubscribedFromAll: boolean; pausedUntil: Instant | null } {
  const { subscriptions, pause } = facts;
  const said = (name: string) => (Object.hasOwn(subscriptions, name) ? subscriptions[name]! : null);
  return {
    subscription: topic === null ? null : said(topic),
    unsubscribedFromAll: said('*') === false,
    pausedUntil: pause !== null && pause.since <= at && at < pause.until ? pause.until : null,
  };
}
