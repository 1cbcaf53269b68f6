/**
 * The law of the send log's buttons: whatever people press, in whatever order, while mailers work, die and come back as
 * ghosts, a second mail of one message leaves only where somebody said that the first did not arrive (or once by itself,
 * for transactional mail), and none after the server has said 250.
 */
import fc from 'fast-check';
import { inTransaction } from '../../src/core/transaction.js';
import { claimMessages } from '../../src/delivery/claim.sql.js';
import type { ClaimedMessage } from '../../src/delivery/claimed-message.js';
import { renewLease, sweepExpired } from '../../src/delivery/lease.sql.js';
import {
  markTransmitting,
  releaseMessages,
  settleMessages,
} from '../../src/delivery/ledger.sql.js';
import { MESSAGE_ACTIONS } from '../../src/delivery/message-actions.sql.js';
import { actOnMessage } from '../../src/delivery/message-actions.js';
import { resendMessage } from '../../src/delivery/resend-message.js';
import { settle, type HandoverResult } from '../../src/delivery/settlement.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { seedDefinitions, seedPending, type Workspace } from './pending-messages.js';

jest.setTimeout(120_000);

const NOW = Date.parse('2026-03-01T10:00:00Z');
const HOUR = 3_600_000;

let db: TestDatabase;
let workspace: Workspace;
beforeAll(async () => {
  db = await testDatabase();
  workspace = await seedDefinitions(db.pool);
});
afterAll(() => db.close());

/** What happens next; numbers pick among what there is at that moment. */
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('claim' as const), worker: fc.nat(1) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('data' as const), which: fc.nat(7) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      which: fc.nat(7),
      code: fc.constantFrom(250, 451, 554, 0),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('give back' as const), which: fc.nat(7) }) },
  {
    weight: 4,
    // The lease lapses. The process is dead, goes on without a lease, or comes back with a new one.
    arbitrary: fc.record({
      do: fc.constant('lapse' as const),
      worker: fc.nat(1),
      process: fc.constantFrom('dead' as const, 'ghost' as const, 'back' as const),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('press' as const),
      message: fc.nat(2),
      action: fc.constantFrom(...MESSAGE_ACTIONS, 'not_arrived', 'resend' as const),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A claim that somebody still has in hand, or believes to. */
interface Hand {
  worker: string;
  message: ClaimedMessage;
  left: boolean;
}

interface Tally {
  /** Hand-overs past the gate that no definite refusal has taken back. */
  mayHaveArrived: number;
  saidLost: number;
  confirmed: boolean;
  transactional: boolean;
}

class World {
  hands: Hand[] = [];
  workers: string[] = [];
  tallies = new Map<number, Tally>();
  ids: number[] = [];
  now = NOW;
  /** What was broken, as soon as it was. */
  broken: string[] = [];

  async begin(): Promise<void> {
    await db.pool.query(
      'delete from attempts; delete from messages; delete from workers; delete from pauses',
    );
    for (const purpose of ['marketing', 'marketing', 'transactional'] as const) {
      const [id] = await seedPending(db.pool, workspace, { count: 1, purpose });
      this.ids.push(id!);
      this.count(id!, purpose === 'transactional');
    }
    await this.hire(0);
    await this.hire(1);
  }

  async take(now: Step): Promise<void> {
    this.now += HOUR / 2;
    switch (now.do) {
      case 'claim':
        return this.claim(this.workers[now.worker]!);
      case 'data':
        return this.data(this.pick(now.which));
      case 'answer':
        return this.answer(this.pick(now.which), now.code);
      case 'give back':
        return this.giveBack(this.pick(now.which));
      case 'lapse':
        return this.lapse(now.worker, now.process);
      case 'press':
        return this.press(this.ids[now.message]!, now.action);
    }
  }

  private pick(which: number): Hand | undefined {
    return this.hands[which % Math.max(1, this.hands.length)];
  }

  private count(id: number, transactional: boolean): void {
    this.tallies.set(id, { mayHaveArrived: 0, saidLost: 0, confirmed: false, transactional });
  }

  private async hire(place: number): Promise<void> {
    const { rows } = await db.pool.query<{ id: string }>('select gen_random_uuid() as id');
    this.workers[place] = rows[0]!.id;
    await this.renew(rows[0]!.id);
  }

  private renew(id: string): Promise<void> {
    return renewLease(db.pool, { id, host: 'test', pid: 1 }, 600_000);
  }

  private async claim(worker: string): Promise<void> {
    const claim = { worker, provider: 'relay', credentials: 'key', now: this.now, limit: 2 };
    for (const message of await claimMessages(db.pool, claim))
      this.hands.push({ worker, message, left: false });
  }

  /** The server has said 354. */
  private async data(hand: Hand | undefined): Promise<void> {
    if (!hand || hand.left) return;
    const { message, worker } = hand;
    const mail = {
      from: 'a@x.example',
      to: 'b@x.example',
      source: Buffer.from(''),
      subject: 's',
      locale: 'en',
    };
    const prepared = { ...message, mail: { ...mail, variables: {} }, gates: { at: this.now } };
    const held = await markTransmitting(db.pool, worker, 'relay', [prepared]);
    if (!held.has(message.id)) {
      this.drop(hand);
      return;
    }
    hand.left = true;
    const tally = this.tallies.get(message.id)!;
    if (tally.confirmed) this.broken.push(`${message.id} left after its 250`);
    tally.mayHaveArrived += 1;
    const allowed = 1 + tally.saidLost + (tally.transactional ? 1 : 0);
    if (tally.mayHaveArrived > allowed)
      this.broken.push(
        `${message.id} may have arrived ${tally.mayHaveArrived} times of ${allowed}`,
      );
  }

  /** The server's word, or (0) the end of the connection. */
  private async answer(hand: Hand | undefined, code: number): Promise<void> {
    if (!hand) return;
    const { message, worker, left } = hand;
    if (!left && code === 250) return;
    const result: HandoverResult = {
      phase: left ? (code === 0 ? 'body' : 'final') : 'rcpt',
      reply: code === 0 ? null : { code, enhanced: null, text: 'said' },
      durationMs: 1,
      host: 'relay',
      trouble: null,
      databaseAway: false,
    };
    const sender = { worker, provider: 'relay', credentials: 'key' };
    const settled = await settleMessages(
      db.pool,
      sender,
      [settle(message, result, 'relay', this.now)],
      this.now,
    );
    const tally = this.tallies.get(message.id)!;
    if (left && code >= 400) tally.mayHaveArrived -= 1;
    if (left && code === 250 && settled.size > 0) tally.confirmed = true;
    this.drop(hand);
  }

  private async giveBack(hand: Hand | undefined): Promise<void> {
    if (!hand || hand.left) return;
    await releaseMessages(db.pool, hand.worker, [hand.message]);
    this.drop(hand);
  }

  private async lapse(place: number, process: 'dead' | 'ghost' | 'back'): Promise<void> {
    const worker = this.workers[place]!;
    await db.pool.query(`update workers set lease_until = '2026-01-01' where id = $1`, [worker]);
    await sweepExpired(db.pool, this.now, 1);
    if (process === 'dead') this.hands = this.hands.filter((hand) => hand.worker !== worker);
    if (process === 'back') await this.renew(worker);
    else await this.hire(place);
  }

  private async press(
    id: number,
    action: (typeof MESSAGE_ACTIONS)[number] | 'resend',
  ): Promise<void> {
    const acting = { actor: 'console:olga', now: this.now };
    const tally = this.tallies.get(id)!;
    if (action === 'resend') {
      const resent = await resendMessage(db.pool, id, { ...acting, why: 'they lost it' });
      if ('message' in resent) this.count(resent.message, tally.transactional);
      return;
    }
    const acted = await inTransaction(db.pool, (sql) => actOnMessage(sql, id, action, acting));
    if ('changed' in acted && action === 'not_arrived') tally.saidLost += 1;
  }

  private drop(hand: Hand): void {
    this.hands = this.hands.filter((other) => other !== hand);
  }
}

it('no sequence of buttons, mailer steps and crashes makes a second mail leave that nobody has asked for', async () => {
  const seen = { left: 0, lost: 0, resent: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), async (steps) => {
      const world = new World();
      await world.begin();
      for (const one of steps) await world.take(one);
      expect(world.broken).toEqual([]);
      for (const { mayHaveArrived, saidLost } of world.tallies.values()) {
        seen.left += mayHaveArrived;
        seen.lost += saidLost;
      }
      seen.resent += world.tallies.size - 3;
    }),
    { numRuns: 250, seed: 20_261_124 },
  );
  // The sequences did come to what the law is about.
  expect(seen.left).toBeGreaterThan(150);
  expect(seen.lost).toBeGreaterThan(30);
  expect(seen.resent).toBeGreaterThan(30);
});
