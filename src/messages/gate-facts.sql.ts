/**
 * Messages, stage 4: everything `decideMessage` and templates want to know of a batch of profiles, in one
 * query. In: profile ids. Out: one `GateFacts` per id that exists; a merged profile answers for itself and
 * names its survivor in `mergedInto`.
 */
import type { Queryable } from '../core/queryable.js';

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
  /** Reason of the suppression of its address, null = none. */
  suppressed: string | null;
}

/** Facts by profile id as the transaction of `sql` sees them. */
export async function loadGateFacts(
  sql: Queryable,
  profileIds: number[],
): Promise<Map<number, GateFacts>> {
  const { rows } = await sql.query<GateFacts>({
    name: 'messages_gate_facts',
    text: `
      select p.id as "profileId", p.traits -> 'email' as email, p.traits -> 'locale' as locale, p.zone, p.traits,
             coalesce(a.traits, '{}') as "accountTraits", p.merged_into as "mergedInto",
             coalesce(s.said, '{}') as subscriptions, x.reason as suppressed
        from unnest($1::bigint[]) as wanted (id)
        join profiles p on p.id = wanted.id
        left join accounts a on a.id = p.account_id
        left join lateral (select jsonb_object_agg(topic, subscribed) as said
                             from subscriptions where profile_id = p.id) s on true
        left join suppressions x on x.address = lower(btrim(p.traits ->> 'email', E' \\t\\r\\n'))`,
    values: [[...new Set(profileIds)]],
  });
  return new Map(rows.map((row) => [row.profileId, row]));
}

/** What these facts say about one topic, in the words of `decideMessage`. */
export function consentFor(
  facts: GateFacts,
  topic: string | null,
): { subscription: boolean | null; unsubscribedFromAll: boolean } {
  const said = (name: string) =>
    Object.hasOwn(facts.subscriptions, name) ? facts.subscriptions[name]! : null;
  return {
    subscription: topic === null ? null : said(topic),
    unsubscribedFromAll: said('*') === false,
  };
}
