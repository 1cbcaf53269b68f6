/** A workspace in which everything that a client or an author can name is named hostile (security.md), and its pages. */
import { seedDefinitions, seedPending } from '../delivery/pending-messages.js';
import type { TestDatabase } from '../support/database.js';

export const IMAGE = '<img src=x onerror=alert(1)>';
const SUBJECT = `Hi\r\nBcc: evil@example.com ${IMAGE}`;
const CAMPAIGN = '../../etc';
const BROADCAST = '00000000-0000-4000-8000-000000000001';
export const MAIL = [
  'From: a@example.com',
  `To: ann@example.com`,
  'Subject: x',
  'Content-Type: text/html; charset=utf-8',
  '',
  `<script>alert(1)</script>${IMAGE}<img src="https://tracker.example/p.gif"><a href="javascript:alert(1)">x</a>`,
].join('\r\n');

/** Fills the workspace; returns the number of its one profile. */
export async function seedHostile(db: TestDatabase): Promise<number> {
  const workspace = await seedDefinitions(db.pool);
  const [message] = await seedPending(db.pool, workspace, {
    count: 1,
    campaign: CAMPAIGN,
    traits: { first_name: IMAGE, [IMAGE]: IMAGE, locale: IMAGE },
  });
  await fill(db, message!);
  const { rows } = await db.pool.query<{ id: number }>('select profile_id as id from messages');
  return rows[0]!.id;
}

/** Everything that a client or an author can name, named hostile. */
async function fill({ pool }: TestDatabase, message: number): Promise<void> {
  const at = '2026-01-01T00:00:00Z';
  await pool.query(
    `insert into definition_versions (kind, name, version, hash, source, definition, created_at)
     values ('campaign', $1, 1, 'x', $2, $3::jsonb, $4)`,
    [CAMPAIGN, `description: ${IMAGE}`, JSON.stringify(campaign()), at],
  );
  await pool.query(
    `insert into definition_versions (kind, name, version, hash, source, definition, created_at)
     values ('segment', $1, 1, 'x', $1, $2::jsonb, $3)`,
    [IMAGE, JSON.stringify(segment()), at],
  );
  await pool.query(
    `insert into live_definitions select kind, name, id from definition_versions where name = any($1::text[])`,
    [[CAMPAIGN, IMAGE, 'win-back/reminder']],
  );
  await pool.query(
    `with state as (insert into segment_states (profile_id, segment, shard, member, since, changes_at)
       select profile_id, $1, 0, true, $2, 'infinity' from messages)
     insert into transitions (profile_id, segment, version_id, entered, at, cause)
     select profile_id, $1, version_id, true, now(), 'change' from messages`,
    [IMAGE, at],
  );
  await pool.query(
    `update messages set state = 'failed', settled_at = $2, subject = $1, reason = $3, reply = $3, variables = $4::jsonb,
       detail = $4::jsonb, locale = $3`,
    [SUBJECT, at, IMAGE, JSON.stringify({ [IMAGE]: IMAGE })],
  );
  const byHand = [{ did: IMAGE, by: IMAGE, at, was: IMAGE, why: IMAGE }];
  await pool.query(`update messages set detail = detail || $1::jsonb, gates = $2::jsonb`, [
    JSON.stringify({ by_hand: byHand }),
    JSON.stringify({ decision: { address: IMAGE, suppression: IMAGE, topic: IMAGE } }),
  ]);
  await pool.query(
    `insert into message_copies (message_id, address, asked_by, asked_at, state, reply) values ($1, $2, $2, $3, 'failed', $2)`,
    [message, IMAGE, at],
  );
  await pool.query(
    `insert into attempts (message_id, profile_id, epoch, started_at, finished_at, worker, provider, host, phase, reply, outcome)
     select id, profile_id, 1, $1, $1, gen_random_uuid(), $2, $2, $2, $2, $2 from messages`,
    [at, IMAGE],
  );
  await pool.query(
    `insert into dev_mails (message_id, received_at, mail_from, mail_to, subject, source) values ($1, $2, $3, $3, $4, $5)`,
    [message, at, IMAGE, SUBJECT, Buffer.from(MAIL)],
  );
  await pool.query(
    `insert into events (profile_id, name, occurred_at, judged_at, received_at, properties, source, message_id)
     select profile_id, $1, $2, $2, $2, $3::jsonb, $1, 'm' from messages`,
    [IMAGE, at, JSON.stringify({ [IMAGE]: IMAGE })],
  );
  await pool.query(
    `insert into profile_keys select 'user', $1, profile_id from messages union all
     select 'anonymous', $1, profile_id from messages`,
    [IMAGE],
  );
  await pool.query(`insert into subscriptions select profile_id, $1, false, $2, $1 from messages`, [
    IMAGE,
    at,
  ]);
  await pool.query(
    `insert into profile_pauses select profile_id, $1, '2999-01-01', $2, $2 from messages`,
    [at, IMAGE],
  );
  await pool.query(
    `insert into trait_changes (profile_id, trait, before, after, changed_at, source)
     select profile_id, $1::text, null, to_jsonb($1::text), $2, $1 from messages`,
    [IMAGE, at],
  );
  await pool.query(
    `insert into profile_event_stats select profile_id, name, 1, occurred_at, occurred_at, judged_at from events`,
  );
  await pool.query(
    `insert into enrolment_steps (profile_id, enrolment_id, step, arrived_at, settled_at, outcome)
     select profile_id, enrolment_id, $1::text || 1, $2, $2, $1 from messages`,
    [IMAGE, at],
  );
  await pool.query(`insert into suppressions values ('ann@example.com', 'complaint', $1, $1, $2)`, [
    IMAGE,
    at,
  ]);
  await pool.query(
    `insert into pauses (scope, name, since, set_by, why) values ('campaign', $1, $2, $3, $3)`,
    [CAMPAIGN, at, IMAGE],
  );
  await pool.query(
    `insert into rejects (received_at, source, call, code, detail, item) values ($1, $2, $2, $2, $2, $2)`,
    [at, IMAGE],
  );
  await pool.query(
    `insert into billing_receipts (source, outcome, what, count, last_at)
     select $2, outcome, $2, 7, $1 from unnest(array['stored', 'refused', 'unsigned']) as o (outcome)`,
    [at, IMAGE],
  );
  await pool.query(
    `insert into parked_profiles (profile_id, shard, parked_at, error, retry_at)
     select profile_id, 0, $1, $2, $1 from messages`,
    [at, IMAGE],
  );
  await pool.query(
    `insert into entry_refusals (profile_id, campaign, version_id, at, trigger, reason, detail)
     select profile_id, $1, version_id, now(), $2, $2, $3::jsonb from messages`,
    [CAMPAIGN, IMAGE, JSON.stringify({ [IMAGE]: IMAGE })],
  );
  await pool.query(
    `update enrolments set trigger = $1, step = $1, entry = $2::jsonb, per_key = $1`,
    [IMAGE, JSON.stringify({ [IMAGE]: IMAGE })],
  );
  await pool.query(
    `insert into imports (fingerprint, file, source, mapping, state, asked_by, asked_at, started_at, error, bytes_total, bytes_done)
     values ('h', $1, $1, $2::jsonb, 'running', $1, $3, $3, $1, 1000, 300)`,
    [IMAGE, JSON.stringify({ event: [{ text: IMAGE }, { column: IMAGE }] }), at],
  );
  await pool.query('insert into import_errors select id, 7, $1 from imports', [IMAGE]);
  await pool.query(
    `insert into audit_log (at, actor, action, subject, detail) values ($1, $2, $2, $2, $3::jsonb)`,
    [at, IMAGE, JSON.stringify({ [IMAGE]: IMAGE })],
  );
  await pool.query(`update revisions set applied_by = $1`, [IMAGE]);
  await pool.query(
    `insert into broadcasts (id, campaign, version_id, entry, at, counted, requested_by, request, cancelled_at, cancelled_by,
       cancelled_why)
     select $1, name, id, $2::jsonb, $3, 1, $4, '', $3, $4, $4 from definition_versions where name = $5`,
    [BROADCAST, JSON.stringify({ [IMAGE]: IMAGE }), at, IMAGE, CAMPAIGN],
  );
  await pool.query(`insert into broadcast_counts values ($1, 0, $2, 1)`, [BROADCAST, IMAGE]);
  await fillWebhooks(pool, at);
}

const WHO = { kind: 'trait', path: [IMAGE], tests: [{ op: 'is', value: IMAGE, negated: false }] };

function campaign(): object {
  return {
    kind: 'campaign',
    id: CAMPAIGN,
    description: IMAGE,
    purpose: 'marketing',
    topic: IMAGE,
    from: null,
    draft: false,
    enter: {
      kind: 'broadcast',
      who: WHO,
      if: { kind: 'segment', segment: IMAGE, negated: true },
      per: null,
      needs: [[IMAGE]],
      again: { kind: 'always' },
      ifActive: 'ignore',
      zone: 'profile',
    },
    exit: [
      {
        kind: 'event',
        match: { names: { kind: 'list', names: [IMAGE] }, where: [] },
        same: [IMAGE],
        label: IMAGE,
      },
    ],
    goal: null,
    steps: [
      { id: IMAGE, if: null, kind: 'wait', duration: { count: 1, unit: 'day' }, at: null },
      { id: 'x', if: null, kind: 'exit', reason: IMAGE },
    ],
  };
}

function segment(): object {
  return { kind: 'segment', id: IMAGE, description: IMAGE, implicitFor: null, who: WHO };
}

/** An endpoint that answers with markup, and was told of somebody with a hostile address. */
async function fillWebhooks(pool: TestDatabase['pool'], at: string): Promise<void> {
  await pool.query(
    `insert into webhook_endpoints (id, url, description, types, secret, created_at, disabled_at, disabled_because)
     values (1, $1, $2, '{message.failed}', 'whsec_', $3, null, null), (2, $1 || '2', $2, '{message.failed}', 'whsec_', $3, $3, 'gone')`,
    [
      `https://receiver.example/${'long-'.repeat(40)}?a=<img%20src=x%20onerror=alert(1)>`,
      IMAGE,
      at,
    ],
  );
  await pool.query(
    `insert into webhook_events (profile_id, type, at, data) select profile_id, 'message.failed', $1, $2::jsonb from messages limit 1`,
    [at, JSON.stringify({ [IMAGE]: IMAGE })],
  );
  await pool.query(
    `update webhook_deliveries set id = 1, state = 'failed', attempts = 1, settled_at = $1`,
    [at],
  );
  await pool.query(`insert into webhook_attempts values (1, 1, $1, 5, 500, $2, $2)`, [at, IMAGE]);
}

/** Every page of the console over it. */
export const hostilePages = (profileId: number): string[] => [
  '/console',
  '/console/messages',
  `/console/messages?campaign=${encodeURIComponent(IMAGE)}`,
  `/console/messages?campaign=${encodeURIComponent(CAMPAIGN)}`,
  '/console/messages/1',
  '/console/messages/1?part=text',
  '/console/messages/1?part=headers',
  '/console/messages/1?part=source',
  '/console/messages/1/retry',
  '/console/messages/1/resend',
  '/console/messages/1/copy',
  `/console/messages/bulk/retry?campaign=${encodeURIComponent(CAMPAIGN)}`,
  `/console/messages/bulk/settle?campaign=${encodeURIComponent(IMAGE)}`,
  `/console/suppressions/new?address=ann@example.com&detail=${encodeURIComponent(IMAGE)}`,
  '/console/campaigns',
  `/console/campaigns/${encodeURIComponent(CAMPAIGN)}`,
  `/console/campaigns/${encodeURIComponent(CAMPAIGN)}/stop`,
  `/console/campaigns/${encodeURIComponent(CAMPAIGN)}/enrolments`,
  `/console/campaigns/${encodeURIComponent(CAMPAIGN)}/refusals`,
  `/console/broadcasts?campaign=${encodeURIComponent(CAMPAIGN)}`,
  `/console/broadcasts/new?campaign=${encodeURIComponent(CAMPAIGN)}`,
  `/console/broadcasts/${BROADCAST}`,
  `/console/broadcasts/${BROADCAST}/cancel`,
  '/console/segments',
  `/console/segments/${encodeURIComponent(IMAGE)}?find=${encodeURIComponent(IMAGE)}`,
  `/console/profiles?id=${encodeURIComponent(`${IMAGE}?`)}`,
  `/console/profiles/${profileId}`,
  `/console/profiles/${profileId}?event=${encodeURIComponent(IMAGE)}`,
  `/console/profiles/${profileId}/explain?campaign=${encodeURIComponent(CAMPAIGN)}`,
  `/console/profiles/${profileId}/preview?template=${encodeURIComponent('win-back/reminder')}`,
  `/console/profiles/${profileId}/enrol?campaign=${encodeURIComponent(CAMPAIGN)}`,
  ...['enrolments/1/exit', 'event', 'topics', 'pause', 'pause/lift', 'rejects', 'erase'].map(
    (below) => `/console/profiles/${profileId}/${below}`,
  ),
  '/console/definitions',
  `/console/definitions/new?name=${encodeURIComponent(IMAGE)}`,
  '/console/definitions/campaign/none?starter=campaign-welcome',
  '/console/diagnostics/RK201',
  '/console/diagnostics/..%2FREADME',
  '/console/definitions/template/win-back%2Freminder/versions',
  '/console/suppressions',
  '/console/suppressions/lift?address=ann@example.com',
  '/console/mailbox',
  '/console/mailbox/1',
  '/console/mailbox/1?part=headers',
  '/console/mailbox/1?part=source',
  '/console/mailbox/1?part=text',
  '/console/imports',
  '/console/imports/1',
  '/console/imports/1/cancel',
  `/console/imports/new?event=${encodeURIComponent(IMAGE)}&trait=${encodeURIComponent(IMAGE)}`,
  '/console/keys',
  '/console/webhooks',
  '/console/webhooks/new',
  '/console/webhooks/1',
  '/console/webhooks/2',
  '/console/webhooks/1/edit',
  '/console/webhooks/1/delete',
  '/console/webhooks/1/deliveries/1',
  '/console/webhooks/1/replay?since=2026-01-01',
  `/console/campaigns/${encodeURIComponent(CAMPAIGN)}/migrate`,
  '/console/system',
  '/console/system/rejects',
  '/console/system/audit',
  `/console/pauses/lift?scope=campaign&name=${encodeURIComponent(CAMPAIGN)}`,
  `/console/pauses/new?scope=campaign&name=${encodeURIComponent(IMAGE)}`,
  `/console/${encodeURIComponent(IMAGE)}`,
];
