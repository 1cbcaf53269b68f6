/**
 * Delivery (stage 5), for those who look: what stands in the way of one message now: pauses, spent rates, mailers. In: its
 * id. Out: what `nextChange` judges by. The same rules as the claim's, for one row.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import { listProcesses, mailOutage } from '../core/processes.sql.js';
import type { Queryable } from '../core/queryable.js';
import { givesUpAt } from './claim.sql.js';
import { dayLeftAt, rateAt, tokensAt } from './domain-rate.sql.js';
import { nextChange, type NextChange, type Obstacles } from './next-change.js';
import { PAUSE_COLUMNS } from './pauses.sql.js';

const NOW = '$2::timestamptz(3)';
const DOMAIN = `lower(split_part(m.address, '@', -1))`;

/** What changes next about a message; null when it is at its end, or is none. */
export async function loadNextChange(
  sql: Queryable,
  id: number,
  now: Instant,
): Promise<NextChange | null> {
  const values = [id, instantToSql(now)];
  const { rows } = await sql.query<Omit<Obstacles, 'pauses' | 'rates' | 'outage'>>({
    name: 'next-change',
    text: `
      select m.state, m.due_at as "dueAt", m.attempts, m.gates #>> '{handover,held}' as "heldBy",
        ${givesUpAt('m.first_attempt_at')} as "givesUpAt",
        (select count(*) from workers where lease_until > clock_timestamp()) as mailers,
        case when m.state in ('claimed', 'transmitting') then (
          select jsonb_build_object('host', w.host, 'alive', w.lease_until > clock_timestamp())
          from workers w where w.id = m.worker) end as holder
      from messages m where m.id = $1 and ${NOW} is not null`,
    values,
  });
  if (!rows[0]) return null;
  const pending = rows[0].state === 'pending';
  const obstacles = {
    ...rows[0],
    pauses: pending ? await loadPauses(sql, values) : [],
    rates: pending ? await loadSpentRates(sql, values) : [],
    outage: pending ? (mailOutage(await listProcesses(sql, now))?.trouble ?? null) : null,
  };
  return nextChange(obstacles, now);
}

/** Any mailer may take it, so the pause of a provider is told whichever it is. */
async function loadPauses(sql: Queryable, values: unknown[]): Promise<Obstacles['pauses']> {
  const { rows } = await sql.query<Obstacles['pauses'][number]>({
    name: 'next-change-pauses',
    text: `
      select ${PAUSE_COLUMNS} from pauses p join messages m on m.id = $1
      where until > ${NOW} and (p.scope in ('all', 'provider') or p.scope = 'sender' and p.name = m.sender
        or p.scope = 'campaign' and p.name = m.campaign or p.scope = 'domain' and p.name = ${DOMAIN})
      order by scope, name`,
    values,
  });
  return rows;
}

async function loadSpentRates(sql: Queryable, values: unknown[]): Promise<Obstacles['rates']> {
  const { rows } = await sql.query<Obstacles['rates'][number]>({
    name: 'next-change-rates',
    text: `
      select b.scope, b.name, ${rateAt('b', NOW)} as "perSecond" from rate_buckets b join messages m on m.id = $1
      where least(${tokensAt('b', NOW)}, ${dayLeftAt('b', NOW)}) < 1 and (b.scope = 'provider' or b.scope = 'campaign' and b.name = m.campaign
        or b.scope = 'domain' and b.name = ${DOMAIN})
      order by b.scope, b.name`,
    values,
  });
  return rows;
}
