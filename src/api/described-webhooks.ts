/**
 * What webhooks carry, as the OpenAPI document describes it under `webhooks`: the bodies are made by the database, in
 * the transaction of the change (migrations, `capture_*`), and a test holds them to this.
 */
import { END_REASONS, PURPOSES } from '../core/reasons.js';
import type { ToldType } from '../webhooks/event-types.js';
import { anything, json, object } from './described-routes.js';

const text = { type: 'string' };
const optionalText = { type: ['string', 'null'] };
const number = { type: 'integer' };
const instant = { type: 'string', format: 'date-time' };
const optionalInstant = { type: ['string', 'null'], format: 'date-time' };

const person = {
  profileId: { ...number, description: 'our number' },
  userId: { ...optionalText, description: 'yours, of several the one stated latest' },
  userIds: { type: 'array', items: text, description: 'that one first' },
};
const campaign = { campaign: text, version: { ...number, description: 'of the campaign' } };

const message = (state: string) =>
  object({
    messageId: number,
    enrolmentId: number,
    ...campaign,
    step: text,
    iteration: number,
    template: text,
    purpose: { enum: PURPOSES },
    topic: optionalText,
    ...person,
    address: optionalText,
    mailId: { ...text, description: 'the Message-ID without brackets and domain' },
    state: { const: state },
    reason: { ...optionalText, description: 'skip reason or failure class' },
    detail: { ...anything, description: 'the numbers behind it' },
    provider: optionalText,
    reply: { ...optionalText, description: 'the last thing the mail server said' },
    attempts: number,
    decidedAt: instant,
  });

const enrolment = {
  enrolmentId: number,
  ...campaign,
  trigger: { ...text, description: '`event:<id>`, `segment:<instant>` or `api:<request>`' },
  ...person,
  enteredAt: instant,
};

const DATA: Record<ToldType, object> = {
  'message.sent': message('sent'),
  'message.failed': message('failed'),
  'message.skipped': message('skipped'),
  'message.ambiguous': message('ambiguous'),
  'enrolment.entered': object({ ...enrolment, state: { const: 'active' } }),
  'enrolment.ended': object({
    ...enrolment,
    state: { const: 'ended' },
    reason: { enum: END_REASONS },
    because: { ...optionalText, description: 'exited: which exit, or what was done by hand' },
    converted: { type: 'boolean', description: 'it had reached the goal by then' },
    convertedAt: optionalInstant,
    conversionValue: { type: ['number', 'null'] },
  }),
  'campaign.call': object({
    enrolmentId: number,
    ...campaign,
    step: text,
    iteration: { ...number, description: 'the round of a repeat, 0 outside' },
    ...person,
    with: { ...anything, description: 'what the step says' },
  }),
};

const SUMMARIES: Record<ToldType, string> = {
  'message.sent': 'The mail server took a message; of an ambiguous one: it turned out so',
  'message.failed': 'A message was given up',
  'message.skipped': 'A message is not sent, and why',
  'message.ambiguous': 'A message may or may not have arrived',
  'enrolment.entered': 'A profile entered a campaign',
  'enrolment.ended': 'A profile left a campaign, at its end or before',
  'campaign.call': 'A step `webhook:` of a campaign, to its endpoint of rekindle.yaml alone',
};

const HEADERS = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => ({
  name,
  in: 'header',
  required: true,
  schema: text,
}));

export const DESCRIBED_WEBHOOKS = Object.fromEntries(
  (Object.keys(DATA) as ToldType[]).map((type) => [
    type,
    {
      post: {
        operationId: type,
        tags: ['webhooks'],
        summary: SUMMARIES[type],
        parameters: HEADERS,
        requestBody: {
          required: true,
          ...json(object({ type: { const: type }, timestamp: instant, data: DATA[type] })),
        },
        responses: {
          '2XX': { description: 'it arrived' },
          410: { description: 'the endpoint is no more, and is disabled' },
          default: { description: 'it is tried again; `Retry-After` is honoured up to an hour' },
        },
      },
    },
  ]),
);
