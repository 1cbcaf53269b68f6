/**
 * Delivery (stage 5): a mail server that takes mails and does not answer. In: since when each connection waits for the answer
 * to a body, as often as somebody looks. Out: whether that is no longer usual, in words. Nothing is cut for it: the server may
 * have the mail, and its ten minutes (RFC 5321, 4.5.3.2.6) are what decides that nobody knows. Pure but for the report.
 */
import { Outage, type Report } from '../core/outage.js';

/** Servers that look into a mail before they answer take seconds. */
export const SLOW_ANSWER_MS = 30_000;

export class Hanging {
  private readonly outage: Outage;

  constructor(
    provider: string,
    report: Report,
    private readonly slowMs = SLOW_ANSWER_MS,
  ) {
    const good = `${provider} answers to bodies`;
    this.outage = new Outage({ bad: `${provider} hangs`, good }, report);
  }

  /** How long each connection that works waits for such an answer, in ms; null: it does something else. */
  look(waits: readonly (number | null)[]): void {
    const slow = waits.filter((ms) => ms !== null && ms >= this.slowMs) as number[];
    // One that is slow among many that are not holds up nobody.
    if (slow.length === 0 || 2 * slow.length < waits.length) return this.outage.succeeded();
    const longest = Math.round(Math.max(...slow) / 1_000);
    this.outage.failed(
      `${slow.length} of ${waits.length} connections wait for an answer to a body, for up to ${longest} s`,
    );
  }

  /** In words; null while it answers. */
  get present(): string | null {
    return this.outage.present;
  }
}
