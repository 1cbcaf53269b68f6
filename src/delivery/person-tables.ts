/**
 * Where a person is: every table with rows of a profile, and every log that may mention one. In: nothing; out: the list
 * that export reads and erasure deletes, so that what one shows the other takes away. A test looks for tables of the
 * schema that are missing here. Here because messages and attempts are among them: no stage before knows those.
 */

/** `$1` = the numbers of the profile and of all that were merged into it. */
export interface PersonTable {
  name: string;
  where: string;
  /** Columns for the export as one JSON value of the row `t`; default: as they are. */
  shown?: string;
}

const OWN = 'profile_id = any($1::bigint[])';
const OF_TOLD = `event_id in (select id from webhook_events where ${OWN})`;
const OF_MESSAGES = `message_id in (select id from messages where ${OWN})`;

const OF_ENROLMENTS = `enrolment_id in (select id from enrolments where ${OWN})`;

/** In the order in which they can be deleted. */
export const PERSON_TABLES: readonly PersonTable[] = [
  {
    name: 'webhook_attempts',
    where: `delivery_id in (select id from webhook_deliveries where ${OF_TOLD})`,
  },
  { name: 'webhook_deliveries', where: OF_TOLD },
  { name: 'webhook_events', where: OWN },
  {
    name: 'dev_mails',
    where: `${OF_MESSAGES} or copy_id in (select id from message_copies where ${OWN})`,
    shown: `to_jsonb(t) || jsonb_build_object('source', encode(t.source, 'escape'))`,
  },
  { name: 'message_copies', where: `${OF_MESSAGES} or ${OWN}` },
  { name: 'attempts', where: OF_MESSAGES },
  { name: 'message_feedback', where: OF_MESSAGES },
  { name: 'messages', where: OWN },
  { name: 'enrolment_steps', where: OWN },
  { name: 'enrolment_moves', where: OWN },
  { name: 'migrating_profiles', where: OWN },
  { name: 'enrolment_traces', where: OF_ENROLMENTS },
  { name: 'enrolments', where: OWN },
  { name: 'entry_refusals', where: OWN },
  { name: 'held_entries', where: OWN },
  { name: 'awaited_entries', where: OWN },
  { name: 'enrolment_requests', where: OWN },
  { name: 'transitions', where: OWN },
  { name: 'segment_states', where: OWN },
  { name: 'subscriptions', where: OWN },
  { name: 'subscription_changes', where: OWN },
  { name: 'profile_pauses', where: OWN },
  { name: 'inbox', where: OWN },
  { name: 'profile_event_stats', where: OWN },
  { name: 'events', where: OWN },
  { name: 'account_moves', where: OWN },
  { name: 'late_traits', where: OWN },
  { name: 'trait_changes', where: OWN },
  { name: 'stripe_objects', where: OWN },
  { name: 'parked_profiles', where: OWN },
  {
    name: 'api_answers',
    where: OWN,
    shown: `jsonb_build_object('asked_at', t.asked_at, 'idempotency_key', t.idempotency_key, 'status', t.status, 'body', t.body)`,
  },
  { name: 'profile_keys', where: OWN },
  { name: 'profiles', where: 'id = any($1::bigint[])' },
];

/** The profile itself and every one that was merged into it, directly or by way of another. */
export const WHOLE_PERSON = `
  with recursive person as (
    select id from profiles where id = $1
    union select p.id from person join profiles p on p.merged_into = person.id)
  select id from person order by id`;
