/**
 * Delivery (stage 5): the gate. A mail as a stream that nobody reads before the server has said 354
 * (nodemailer pipes it only then), so its first `_read` is the last instant at which nothing has left. There
 * it asks for `transmitting` to be committed, and gives its bytes only when the fence held. It never ends
 * without its bytes: an early end would deliver an empty mail, answered 250.
 */
import { Readable } from 'node:stream';

export type GateState =
  /** Nobody has read: no 354 yet. */
  | 'closed'
  /** 354 came, the commit is under way. */
  | 'asking'
  /** The fence was lost or the commit failed: no byte left, none ever will. */
  | 'refused'
  /** The bytes are on their way. */
  | 'open';

export class GatedMessage extends Readable {
  gate: GateState = 'closed';
  /** Another worker holds the message now: whatever it becomes is not ours to say. */
  lost = false;
  /** Why the gate stayed shut, when a failure did it and not a lost fence. */
  failure: unknown = null;
  private answer: Promise<void> = Promise.resolve();

  /**
   * `askFence` resolves with whether the fence held. `onRefused` must close the connection: after 354
   * nothing can be taken back politely.
   */
  constructor(
    private readonly source: Buffer,
    private readonly askFence: () => Promise<boolean>,
    private readonly onRefused: () => void,
  ) {
    super();
  }

  /** Resolves when the fence has been answered, at once when it was never asked. */
  answered(): Promise<void> {
    return this.answer;
  }

  override _read(): void {
    if (this.gate !== 'closed') return;
    this.gate = 'asking';
    this.answer = this.ask();
  }

  private async ask(): Promise<void> {
    let held = false;
    try {
      held = await this.askFence();
      this.lost = !held;
    } catch (error) {
      this.failure = error;
    }
    this.decide(held);
  }

  private decide(held: boolean): void {
    // The connection may have gone while we asked; then nothing leaves any more, whatever was committed.
    if (!held || this.destroyed) {
      this.gate = 'refused';
      this.destroy();
      this.onRefused();
      return;
    }
    this.gate = 'open';
    this.push(this.source);
    this.push(null);
  }
}
