/** The console in English; what the other languages must have too. A file a page. */
import { frame } from './en/frame.js';
import { overview } from './en/overview.js';
import { mailbox } from './en/mailbox.js';
import { suppressions } from './en/suppressions.js';
import { system } from './en/system.js';
import { backtests } from './en/backtests.js';
import { billing } from './en/billing.js';
import { profiles } from './en/profiles.js';
import { explain } from './en/explain.js';
import { preview } from './en/preview.js';
import { campaigns } from './en/campaigns.js';
import { broadcasts } from './en/broadcasts.js';
import { scores } from './en/scores.js';
import { segments } from './en/segments.js';
import { definitions } from './en/definitions.js';
import { imports } from './en/imports.js';
import { keys } from './en/keys.js';
import { words } from './en/words.js';
import { message } from './en/message.js';
import { messages } from './en/messages.js';
import { migrations } from './en/migrations.js';
import { tests } from './en/tests.js';
import { webhooks } from './en/webhooks.js';

export const en = {
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
  /** What errors say, where it is said otherwise than in English. */
  problems: {} as Readonly<Record<string, string>>,
};

/** English is the measure: every language has exactly its texts. */
export type Texts = typeof en;
