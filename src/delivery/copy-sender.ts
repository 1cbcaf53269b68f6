/**
 * Delivery (stage 5): sends the copies and tests of mails that people asked for (message-copies.sql.ts). In: what waits. Out: mails that
 * left the same way as any other - same server, same signature, same conversation - and a settled row. One at a time, a
 * connection each: they are few, and whoever waits for one wants the server's own words. Invariant: the message that is
 * copied is only read.
 */
import type { Clock } from '../core/clock.js';
import { isDatabaseAway } from '../core/database-away.js';
import type { DkimKey } from '../core/environment.js';
import { errorText } from '../core/error-fields.js';
import type { ConnectionSource } from '../core/queryable.js';
import { buildMime } from '../messages/build-mime.js';
import type { Instant } from '../core/instant.js';
import { TemplateCache } from '../messages/compile-template.js';
import type { Mail } from '../messages/compose-mail.js';
import { asCopy, COPY_MARK, TEST_MARK } from '../messages/copy-mail.js';
import type { RenderedMessage } from '../messages/render-message.js';
import { suppressionKey } from '../core/parse-address.js';
import { findSuppression } from '../messages/suppressions.sql.js';
import type { WireMail } from './claimed-message.js';
import { decideReply } from './decide-reply.js';
import { endsWithin } from './ends-within.js';
import type { Sender } from './ledger.sql.js';
import {
  giveUpLostCopies,
  holdsCopy,
  keepCopy,
  settleCopy,
  takeCopy,
  type CopyState,
  type TakenCopy,
} from './message-copies.sql.js';
import { MessageMails } from './message-mail.sql.js';
import { renderTest } from './test-mails.js';
import type { HandoverResult } from './settlement.js';
import type { SignMail } from './sign-mail.js';
import { mailSigner } from './sign-mail.js';
import type { Timeouts } from './smtp-session.js';
import { DEFAULT_TIMEOUTS, SmtpSession } from './smtp-session.js';
import type { SmtpServer } from './smtp-url.js';

export interface CopySenderOptions {
  connections: ConnectionSource;
  clock: Clock;
  /** null: the dev mailbox. */
  server: SmtpServer | null;
  /** The mailer beside which it works: its lease vouches for this one too. */
  sender: Sender;
  publicUrl: string;
  dkim: DkimKey | null;
  drainMs: number;
  timeouts?: Timeouts;
}

/** Compiled templates that are kept for tests. */
const KEPT_TEMPLATES = 20;

interface Outcome {
  state: CopyState;
  reply: string | null;
}

export class CopySender {
  private readonly mails: MessageMails;
  private readonly templates = new TemplateCache(KEPT_TEMPLATES);
  private readonly sign: SignMail | null;
  private working: Promise<void> | null = null;
  private session: SmtpSession | null = null;
  private stopping = false;

  constructor(private readonly options: CopySenderOptions) {
    this.mails = new MessageMails(options.connections, options.publicUrl);
    this.sign = options.dkim === null ? null : mailSigner(options.dkim);
  }

  /** Sends what waits, until nothing does. Rejects when the database does not answer. */
  work(): Promise<void> {
    this.working ??= this.sendAll().finally(() => (this.working = null));
    return this.working;
  }

  /** Takes nothing more; what is past its gate is waited for, the rest waits for another mailer. Never rejects. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.session?.abandon();
    const finished = this.working ?? Promise.resolve();
    if (await endsWithin(this.options.drainMs, finished)) return;
    this.session?.close();
    await finished.catch(() => undefined);
  }

  private async sendAll(): Promise<void> {
    const { connections, clock, sender } = this.options;
    await giveUpLostCopies(connections, sender.worker, await clock.now(connections));
    while (!this.stopping) {
      const copy = await takeCopy(connections, sender, await clock.now(connections));
      if (copy === null) return;
      await this.send(copy);
    }
  }

  private async send(copy: TakenCopy): Promise<void> {
    const { connections, clock, sender } = this.options;
    const outcome = await this.tryToSend(copy).catch((error: unknown): Outcome => {
      // The database's, not the mail's: the row is found again by the next round.
      if (isDatabaseAway(error)) throw error;
      return { state: 'failed', reply: errorText(error) };
    });
    if (outcome === null) return;
    await settleCopy(
      connections,
      sender.worker,
      { id: copy.id, ...outcome },
      await clock.now(connections),
    );
  }

  /** Null: its row is written already, or is somebody else's. */
  private async tryToSend(copy: TakenCopy): Promise<Outcome | null> {
    const { connections, clock, server, sender } = this.options;
    const key = suppressionKey(copy.address);
    const suppressed = key === null ? null : await findSuppression(connections, key);
    if (suppressed) return failed(`the address is suppressed: ${suppressed.reason}`);
    const now = await clock.now(connections);
    const loaded = await this.render(copy, now);
    if ('problem' in loaded) return failed(loaded.problem);
    const mark = copy.test === null ? COPY_MARK : TEST_MARK;
    const mail = asCopy(loaded.mail, { id: copy.id, at: now, mark });
    const built = await buildMime(mail);
    const { locale, variables } = loaded.rendered;
    const wire: WireMail = {
      from: mail.from.address,
      to: copy.address,
      source: this.sign === null ? built : await this.sign(built),
      subject: mail.subject,
      locale,
      variables,
    };
    if (server !== null) return this.handOver(server, copy, wire);
    await keepCopy(connections, sender.worker, { id: copy.id, ...wire }, now);
    return null;
  }

  private async render(
    copy: TakenCopy,
    now: Instant,
  ): Promise<{ rendered: RenderedMessage; mail: Mail } | { problem: string }> {
    const { connections, publicUrl } = this.options;
    if (copy.test !== null) {
      const { profileId, address, test: asked } = copy;
      const rendering = { templates: this.templates, links: publicUrl };
      return renderTest(connections, { profileId, address, asked }, rendering, now);
    }
    const loaded = await this.mails.load(copy.messageId, { copyTo: copy.address });
    if (loaded === null) return { problem: 'there is no such message any more' };
    if ('problem' in loaded) return loaded;
    const { rendered, mail } = loaded;
    return mail === null
      ? { problem: 'the project has no such sender any more' }
      : { rendered, mail };
  }

  private async handOver(
    server: SmtpServer,
    { id }: TakenCopy,
    wire: WireMail,
  ): Promise<Outcome | null> {
    const { connections, sender, timeouts = DEFAULT_TIMEOUTS } = this.options;
    const session = new SmtpSession(server, timeouts);
    this.session = session;
    try {
      const failure = await session.open();
      if (failure) return this.outcomeOf(failure);
      const { fenceLost, ...result } = await session.send(wire, () =>
        holdsCopy(connections, sender.worker, id),
      );
      if (session.alive) session.quit();
      return fenceLost ? null : this.outcomeOf(result);
    } finally {
      this.session = null;
    }
  }

  private outcomeOf({ phase, reply, host, trouble }: HandoverResult): Outcome {
    const { kind } = decideReply(phase, reply);
    const said = reply ? `${reply.code} ${reply.enhanced ?? ''} ${reply.text}` : (trouble ?? '');
    if (kind === 'sent') return { state: 'sent', reply: said };
    if (kind === 'ambiguous') return failed(`${host}: ${said}; it may have arrived`);
    // We hung up ourselves, before it left.
    if (this.stopping && reply === null) return { state: 'waiting', reply: null };
    return failed(`${host} at ${phase}: ${said}`);
  }
}

function failed(reply: string): Outcome {
  return { state: 'failed', reply };
}
