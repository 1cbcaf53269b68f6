/** What the specs of webhooks share: endpoints by plain SQL, what was captured, and an independent record of changes. */
import type { Queryable } from '../../src/core/queryable.js';
import { WEBHOOK_TYPES, type WebhookType } from '../../src/webhooks/event-types.js';

/** `whsec_` and 32 bytes that anybody may know. */
export const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

/** An endpoint that wants `types`; its number. */
export async function seedEndpoint(
  sql: Queryable,
  url: string,
  types: readonly WebhookType[] = WEBHOOK_TYPES,
): Promise<number> {
  const { rows } = await sql.query<{ id: number }>(
    `insert into webhook_endpoints (url, types, secret, created_at) values ($1, $2, $3, '2026-01-01') returning id`,
    [url, types, SECRET],
  );
  return rows[0]!.id;
}

export interface Captured {
  type: WebhookType;
  at: number;
  profileId: number;
  data: Record<string, unknown>;
}

/** Everything that was captured, in order. */
export async function captured(sql: Queryable): Promise<Captured[]> {
  const { rows } = await sql.query<Captured>(
    'select type, at, profile_id as "profileId", data from webhook_events order by id',
  );
  return rows;
}

/** Writes every change of a state down, a row at a time, apart from the product's triggers. */
export async function watchChanges(sql: Queryable): Promise<void> {
  await sql.query(`
    create table shadow (kind text, of bigint, what text not null);
    create function note_change() returns trigger language plpgsql as $$
    declare
      was text := case when tg_op = 'UPDATE' then old.state end;
    begin
      if tg_table_name = 'enrolments' then
        if was is null then insert into shadow values ('enrolment', new.id, 'enrolment.entered ' || new.id); end if;
        if new.state = 'ended' and was is distinct from 'ended' then
          insert into shadow values ('enrolment', new.id, 'enrolment.ended ' || new.id);
        end if;
      elsif new.state in ('sent', 'failed', 'skipped', 'ambiguous') and was is distinct from new.state then
        insert into shadow values ('message', new.id, 'message.' || new.state || ' ' || new.id);
      end if;
      return null;
    end $$;
    create trigger shadow after insert or update on messages for each row execute function note_change();
    create trigger shadow after insert or update on enrolments for each row execute function note_change();`);
}

/** Every change that was to be told and whose row is still there, and every one that was captured, as sorted texts. */
export async function changes(sql: Queryable): Promise<{ happened: string[]; told: string[] }> {
  const { rows: happened } = await sql.query<{ what: string }>(
    `select what from shadow
     where what like any (select type || ' %' from unnest(webhook_types_wanted()) as type)
       and (kind = 'message' and of in (select id from messages) or kind = 'enrolment' and of in (select id from enrolments))`,
  );
  const { rows: told } = await sql.query<{ what: string }>(
    `select type || ' ' || coalesce(data ->> 'messageId', data ->> 'enrolmentId') as what from webhook_events`,
  );
  const sorted = (rows: { what: string }[]) => rows.map(({ what }) => what).toSorted();
  return { happened: sorted(happened), told: sorted(told) };
}

/** `count` deliveries to an endpoint, of one event each, as the triggers would leave them; their numbers. */
export async function seedDeliveries(
  sql: Queryable,
  endpointId: number,
  count: number,
  at = '2026-03-01T10:00:00Z',
): Promise<number[]> {
  await sql.query(
    `insert into webhook_events (profile_id, type, at, data)
     select n, 'message.sent', $2::timestamptz, jsonb_build_object('messageId', n, 'address', 'p' || n || '@example.com')
     from generate_series(1, $1::int) n`,
    [count, at],
  );
  const { rows } = await sql.query<{ id: number }>(
    'select id from webhook_deliveries where endpoint_id = $1 order by id desc limit $2',
    [endpointId, count],
  );
  return rows.map(({ id }) => id).toReversed();
}

export interface DeliveryRow {
  state: string;
  attempts: number;
  tries: number;
  due_at: number;
  claimed_at: number | null;
}

export async function deliveryRow(sql: Queryable, id: number): Promise<DeliveryRow> {
  const { rows } = await sql.query<DeliveryRow>(
    'select state, attempts, tries, due_at, claimed_at from webhook_deliveries where id = $1',
    [id],
  );
  return rows[0]!;
}

/** Asks until the answer is as wanted; senders work beside the test. */
export async function until<T>(look: () => Promise<T>, wanted: (seen: T) => boolean): Promise<T> {
  const patience = performance.now() + 15_000;
  for (;;) {
    const seen = await look();
    if (wanted(seen)) return seen;
    if (performance.now() > patience) throw new Error(`still ${JSON.stringify(seen)}`);
  }
}
