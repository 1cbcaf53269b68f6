/**
 * Erasure in logs, which know no profile but may quote one: refused items, refused lines of imports, answers that
 * are kept for repetition, copies of others' mails that went to them, what people did by hand. In: the names of a person.
 * Out: rows that quote one of them are gone; of the audit log only whom they were about.
 */
import type { Queryable } from '../core/queryable.js';
import { quotedForms } from '../ingest/quoted-names.js';

/** What may name the person elsewhere. */
export interface PersonNames {
  /** Our numbers. */
  numbers: number[];
  ids: string[];
  /** Every address that it has or had, as it was written. */
  addresses: string[];
  /** The address that it has now. */
  current: string | null;
}

/** Shorter ids stand in too many sentences to be looked for as bare words. */
const SHORTEST_BARE = 4;

/** Deletes and blanks in the transaction of `sql`; how many rows by table. */
export async function eraseMentions(
  sql: Queryable,
  person: PersonNames,
): Promise<Record<string, number>> {
  const quoted = quotedForms(person);
  const addresses = person.addresses.map((address) => address.toLowerCase());
  const bare = [
    ...addresses,
    ...person.ids.filter((id) => id.length >= SHORTEST_BARE).map((id) => id.toLowerCase()),
  ];
  const statements: [string, string, unknown[]][] = [
    [
      'rejects',
      `delete from rejects r where exists (select from unnest($1::text[]) as n (name) where position(n.name in lower(r.item)) > 0)`,
      [quoted],
    ],
    [
      'api_answers',
      `delete from api_answers a where exists (select from unnest($1::text[]) as n (name) where position(n.name in lower(a.body::text)) > 0)
         or exists (select from unnest($2::text[]) as n (name) where position(n.name in lower(a.idempotency_key)) > 0)`,
      [quoted, bare],
    ],
    [
      'import_errors',
      `delete from import_errors e where exists (select from unnest($1::text[]) as n (name) where position(n.name in lower(e.detail)) > 0)`,
      [bare],
    ],
    [
      'message_copies',
      'delete from message_copies where lower(address) = any($1::text[])',
      [addresses],
    ],
    [
      'dev_mails',
      'delete from dev_mails where copy_id is not null and lower(mail_to) = any($1::text[])',
      [addresses],
    ],
    [
      'audit_log',
      `update audit_log a set subject = split_part(subject, '/', 1) || '/erased', detail = '{}'
       where exists (select from unnest($1::text[]) as n (name)
         where position(n.name in lower(a.subject)) > 0 or position(n.name in lower(a.detail::text)) > 0)
         or split_part(subject, '/', 1) = 'profile' and lower(split_part(subject, '/', 2)) = any($2::text[])`,
      [bare, [...person.ids.map((id) => id.toLowerCase()), ...person.numbers.map(String)]],
    ],
  ];
  const counts: Record<string, number> = {};
  for (const [table, statement, values] of statements) {
    const { rowCount } = await sql.query(statement, values);
    if (rowCount) counts[table] = rowCount;
  }
  return counts;
}
