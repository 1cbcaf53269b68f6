/**
 * A small workspace with messages that are ready to go: one project, one template, one campaign per
 * purpose, and for every message a profile with a running enrolment. Written as the engine would leave it.
 */
import type { Queryable } from '../../src/core/queryable.js';
import type { CampaignDefinition, ProjectDefinition } from '../../src/language/definitions.js';
import type { TemplateDefinition } from '../../src/language/templates/template-definition.js';

const PROJECT: ProjectDefinition = {
  kind: 'project',
  id: 'rekindle',
  project: 'Acme',
  zone: 'UTC',
  locale: 'en',
  profileStart: ['created_at'],
  senders: { default: { name: 'Acme', email: 'hello@acme.example', replyTo: null } },
  postalAddress: '1 High Street, Springfield',
  mailDomain: 'mail.acme.example',
  links: 'https://acme.example',
  topics: { news: { name: 'News', default: 'subscribed' } },
};

const TEMPLATE: TemplateDefinition = {
  kind: 'template',
  id: 'win-back/reminder',
  variants: {
    '': {
      format: 'html',
      subject: 'We miss you, {{profile.first_name}}',
      preheader: null,
      from: null,
      defaults: { 'profile.first_name': 'there' },
      sample: {},
      body: '<p>Hello {{profile.first_name}}, come back.</p>',
      layout: null,
      partials: {},
      text: null,
    },
  },
};

const CAMPAIGN: CampaignDefinition = {
  kind: 'campaign',
  id: 'win-back',
  description: null,
  purpose: 'marketing',
  topic: 'news',
  from: null,
  draft: false,
  enter: {
    kind: 'api',
    if: null,
    per: null,
    needs: [],
    again: { kind: 'always' },
    ifActive: 'ignore',
    zone: 'profile',
  },
  exit: [],
  goal: null,
  steps: ['first', 'second', 'third'].map((id) => ({
    id,
    if: null,
    kind: 'send',
    template: TEMPLATE.id,
    from: null,
    topic: null,
  })),
};

const TIME = '2026-01-01T00:00:00Z';

export interface Workspace {
  templateVersionId: number;
  campaignVersionId: number;
}

/** Definitions without messages. */
export async function seedDefinitions(
  sql: Queryable,
  project = PROJECT,
  template = TEMPLATE,
): Promise<Workspace> {
  const version = async (kind: string, name: string, definition: object) => {
    const { rows } = await sql.query<{ id: number }>(
      `insert into definition_versions (kind, name, version, hash, source, definition, created_at)
       values ($1, $2, 1, md5($2), '', $3, $4) returning id`,
      [kind, name, JSON.stringify(definition), TIME],
    );
    return rows[0]!.id;
  };
  const templateVersionId = await version('template', template.id, template);
  const campaignVersionId = await version('campaign', CAMPAIGN.id, CAMPAIGN);
  await sql.query(
    `insert into revisions (applied_at, applied_by, summary, reads, project) values ($1, 'test', '{}', '{}', $2)`,
    [TIME, JSON.stringify(project)],
  );
  return { templateVersionId, campaignVersionId };
}

export interface PendingOptions {
  count: number;
  purpose?: 'marketing' | 'transactional';
  campaign?: string;
  domain?: string;
  traits?: object;
  priority?: number;
}

/** `count` pending messages, each with a profile and an active enrolment of its own; their ids in order. */
export async function seedPending(
  sql: Queryable,
  workspace: Workspace,
  {
    count,
    purpose = 'marketing',
    campaign = 'win-back',
    domain = 'example.com',
    traits = {},
    priority = 0,
  }: PendingOptions,
): Promise<number[]> {
  const { rows } = await sql.query<{ id: number }>(
    `with born as (
       insert into profiles (shard, traits, created_at)
       select n % 256, '{"first_name": "Jo"}'::jsonb || jsonb_build_object('email', $5::text || '-' || n || '@' || $6) || $7::jsonb, $8
       from generate_series(1, $1::int) n
       returning id, shard, traits
     ),
     enrolled as (
       insert into enrolments (profile_id, shard, campaign, version_id, trigger, entered_at, cause_at)
       select id, shard, $5, $3, 'api:test', $8, $8 from born
       returning id, profile_id
     )
     insert into messages (profile_id, enrolment_id, campaign, version_id, step, template, template_version_id, purpose,
       topic, sender, address, mail_id, priority, decided_at, due_at)
     select e.profile_id, e.id, $5, $3, 'reminder', 'win-back/reminder', $2, $4,
       case when $4 = 'marketing' then 'news' end, 'default', b.traits ->> 'email', md5('test' || e.id), $9, $8, $8
     from enrolled e join born b on b.id = e.profile_id
     order by e.id
     returning id`,
    [
      count,
      workspace.templateVersionId,
      workspace.campaignVersionId,
      purpose,
      campaign,
      domain,
      JSON.stringify(traits),
      TIME,
      priority,
    ],
  );
  return rows.map((row) => row.id).sort((a, b) => a - b);
}
