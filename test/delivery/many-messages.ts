/**
 * Messages in numbers, as years of sending leave them, made by one statement: deterministic kinds of very different
 * frequency, a tail that is still open, addresses of few large and many small domains. For the send log's tests and bench.
 */
import type { Queryable } from '../../src/core/queryable.js';
import { seedDefinitions } from './pending-messages.js';

export interface ManyMessages {
  count: number;
  /** The last so many are on their way or waiting. */
  open: number;
  profiles: number;
}

/** 2026-01-01T00:00Z; a message every second from then on. */
export const FIRST_DECIDED = Date.UTC(2026, 0, 1);

/** Writes profiles and messages with ids from 1 on. */
export async function writeManyMessages(
  sql: Queryable,
  { count, open, profiles }: ManyMessages,
): Promise<void> {
  const { campaignVersionId, templateVersionId } = await seedDefinitions(sql);
  await sql.query(
    `insert into profiles (shard, traits, created_at)
     select n % 256, jsonb_build_object('email', 'Person' || n || '@' || ${DOMAIN}), $2 from generate_series(1, $1::integer) n`,
    [profiles, new Date(FIRST_DECIDED).toISOString()],
  );
  await sql.query(
    `insert into profile_keys (kind, value, profile_id) select 'user', 'u' || id, id from profiles`,
  );
  await sql.query(
    `insert into messages (profile_id, enrolment_id, campaign, version_id, step, template, template_version_id, purpose,
       topic, sender, address, mail_id, state, reason, decided_at, due_at, settled_at, provider, attempts, subject, locale, reply)
     select p, i, campaign, $4, step, 'win-back/reminder', $5, case when campaign = 'c0' then 'transactional' else 'marketing' end,
       case when campaign = 'c0' then null else 'news' end, 'default', 'Person' || p || '@' || ${DOMAIN}, md5(i::text), state,
       case state when 'failed' then 'address' when 'ambiguous' then 'worker_lost'
         when 'skipped' then case when i % 7 = 0 then 'failed_render' else 'unsubscribed' end end,
       at, at, case when state in ('pending', 'claimed', 'transmitting') then null else at + interval '1 second' end,
       case when state = 'pending' then null when i % 5 = 0 then 'backup' when i % 9973 = 0 then 'rare' else 'main' end,
       1, 'Hello', 'en', '250 ok'
     from (
       select i, (i::bigint * 7919 % $3::integer)::integer + 1 as p, (i::bigint * 7919 % $3::integer)::integer + 1 as n,
         -- campaign c0 takes half of them, c1 a quarter and so on
         'c' || least(15, length(substring(reverse(i::bit(24)::text) from '^0*')))  as campaign,
         's' || i % 3 as step,
         $6::timestamptz(3) + i * interval '1 second' as at,
         case when i > $1::integer - $2::integer then (array['pending', 'pending', 'claimed', 'transmitting'])[i % 4 + 1]
           when i % 1009 = 0 then 'failed' when i % 50021 = 0 then 'ambiguous' when i % 37 = 0 then 'skipped' else 'sent' end as state
       from generate_series(1, $1::integer) i
       order by i) drawn`,
    [
      count,
      open,
      profiles,
      campaignVersionId,
      templateVersionId,
      new Date(FIRST_DECIDED).toISOString(),
    ],
  );
  await sql.query('vacuum analyze messages');
  await sql.query('vacuum analyze profiles');
}

/** Of profile or message `n`: forty in a hundred at one domain, the rest at ever smaller ones. */
const DOMAIN = `(case when n % 10 < 4 then 'gmail.example' when n % 10 < 6 then 'Outlook.example' else 'd' || n % 5003 || '.example' end)`;
