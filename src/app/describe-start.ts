/**
 * What a process says of itself once it runs, in one record: enough to know which of several it is and what it
 * will do with mail. Never a password.
 */
import type { INestApplication } from '@nestjs/common';
import type { Environment } from '../core/environment.js';
import { DeliveryService } from '../delivery/delivery.service.js';
import { parseSmtpUrl } from '../delivery/smtp-url.js';
import type { Foundations } from './app.module.js';
import { hostOf } from './explain-start.js';
import { VERSION } from './version.js';

/** The record of the start; `url` is where the process listens, null where it does not. */
export function describeStart(
  { environment, workspace }: Foundations,
  url: string | null,
  app: INestApplication,
): Record<string, unknown> {
  const { roles, redisUrl, webhookAllow } = environment;
  const mails = roles.includes('mailer');
  return {
    message: url === null ? 'running' : 'listening',
    url: url ?? 'none',
    version: VERSION,
    roles,
    database: workspace.place,
    schema: workspace.schema,
    wakeUps: redisUrl ? `Redis at ${hostOf(redisUrl, 6379)}` : 'PostgreSQL',
    ...(mails ? { mail: transportOf(environment) } : {}),
    ...(webhookAllow.length > 0 ? { webhooksAlsoTo: webhookAllow } : {}),
    ...(mails ? { worker: app.get(DeliveryService).workerId } : {}),
  };
}

function transportOf({ smtpUrl, mailConnections }: Environment): string {
  if (smtpUrl === null) return 'dev mailbox: nothing leaves';
  const { host, port } = parseSmtpUrl(smtpUrl, mailConnections);
  return `SMTP at ${host}:${port}`;
}

export const LEADS_NOWHERE =
  'REKINDLE_PUBLIC_URL is not set: unless rekindle.yaml says where (`links: https://...`), the unsubscribe links of real mails lead to this machine only';

/** Real mails with links that only this machine can follow. */
export function publicUrlLeadsNowhere({
  smtpUrl,
  roles,
  publicUrlIsGuessed,
}: Environment): boolean {
  return smtpUrl !== null && roles.includes('mailer') && publicUrlIsGuessed;
}
