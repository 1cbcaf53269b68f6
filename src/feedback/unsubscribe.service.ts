/**
 * Feedback, stage 6: from a token to a page, and from a press of the button to a row in `subscriptions`.
 * Looking never changes anything (scanners fetch every link); pressing twice changes nothing more.
 */
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../core/clock.js';
import type { ConnectionSource } from '../core/queryable.js';
import { CLOCK, CONNECTIONS, WAKE_UPS } from '../core/tokens.js';
import type { WakeUps } from '../core/wake-up.js';
import { inTransaction } from '../core/transaction.js';
import { readUnsubscribeToken, type UnsubscribeSubject } from '../messages/unsubscribe-token.js';
import type { PageLanguage, UnsubscribePage } from './unsubscribe-page.js';
import { storeConsent } from '../ingest/topics.sql.js';
import { loadPageFacts, loadSecret, lockSurvivor } from './unsubscribe.sql.js';

/** Where a no came from: the mail program's own button (RFC 8058) or our page. */
export type UnsubscribeWay = 'one-click' | 'page';

@Injectable()
export class UnsubscribeService {
  private secret: Promise<string> | null = null;

  constructor(
    @Inject(CONNECTIONS) private readonly connections: ConnectionSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(WAKE_UPS) private readonly wakeUps: WakeUps,
  ) {}

  /** What the token names and the words of its page; null when the token is not ours. */
  async open(
    token: string,
  ): Promise<{ subject: UnsubscribeSubject; page: UnsubscribePage } | null> {
    const subject = readUnsubscribeToken(await this.workspaceSecret(), token);
    if (!subject) return null;
    const { locale, project } = await loadPageFacts(this.connections, subject.profileId);
    const language = pageLanguage(
      typeof locale === 'string' && locale !== '' ? locale : (project?.locale ?? 'en'),
    );
    const topics = project?.topics ?? {};
    const topic = Object.hasOwn(topics, subject.topic)
      ? topics[subject.topic]!.name
      : subject.topic;
    return { subject, page: { language, project: project?.project ?? '', topic } };
  }

  /** Stores the no in one transaction; an erased profile gets nothing any more, so there is nothing to store. */
  async leave(
    subject: UnsubscribeSubject,
    scope: 'topic' | 'all',
    way: UnsubscribeWay,
  ): Promise<void> {
    await inTransaction(this.connections, async (sql) => {
      const profileId = await lockSurvivor(sql, subject.profileId);
      if (profileId === null) return;
      const topic = scope === 'all' ? '*' : subject.topic;
      const at = await this.clock.now(sql);
      const source = `${way} ${subject.mailId}`;
      await storeConsent(sql, [{ profileId, topic, subscribed: false, changedAt: at, source }], at);
    });
    this.wakeUps.wake('engine');
  }

  /** Asked for once; a failure is not kept. */
  private workspaceSecret(): Promise<string> {
    this.secret ??= loadSecret(this.connections).catch((error: unknown) => {
      this.secret = null;
      throw error;
    });
    return this.secret;
  }
}

/** `ru` for Russian readers, `en` for all others. */
export function pageLanguage(locale: string): PageLanguage {
  return /^ru\b/i.test(locale) ? 'ru' : 'en';
}
