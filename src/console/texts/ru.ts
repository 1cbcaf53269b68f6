/** The console in Russian; the type `Texts` holds it to the keys of en.ts. */
import type { Texts } from './en.js';
import { frame } from './ru/frame.js';
import { overview } from './ru/overview.js';
import { mailbox } from './ru/mailbox.js';
import { suppressions } from './ru/suppressions.js';
import { system } from './ru/system.js';
import { backtests } from './ru/backtests.js';
import { billing } from './ru/billing.js';
import { profiles } from './ru/profiles.js';
import { explain } from './ru/explain.js';
import { preview } from './ru/preview.js';
import { campaigns } from './ru/campaigns.js';
import { broadcasts } from './ru/broadcasts.js';
import { scores } from './ru/scores.js';
import { segments } from './ru/segments.js';
import { definitions } from './ru/definitions.js';
import { imports } from './ru/imports.js';
import { keys } from './ru/keys.js';
import { problems } from './ru/problems.js';
import { words } from './ru/words.js';
import { message } from './ru/message.js';
import { messages } from './ru/messages.js';
import { migrations } from './ru/migrations.js';
import { tests } from './ru/tests.js';
import { webhooks } from './ru/webhooks.js';

export const ru: Texts = {
  ...frame,
  overview,
  mailbox,
  suppressions,
  system,
  backtests,
  billing,
  profiles,
  explain,
  preview,
  campaigns,
  broadcasts,
  scores,
  segments,
  definitions,
  messages,
  migrations,
  imports,
  keys,
  tests,
  webhooks,
  message,
  words,
  problems,
};
