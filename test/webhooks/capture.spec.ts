/** What is captured: every change of a message or an enrolment, by whichever writer, once, in its own transaction. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { DESCRIBED_WEBHOOKS } from '../../src/api/described-webhooks.js';
import { endStopped, stopCampaign } from '../../src/campaigns/campaign-states.sql.js';
import { exitEnrolment } from '../../src/campaigns/enrolments.sql.js';
import { DatabaseClock } from '../../src/core/clock.js';
import { inTransaction } from '../../src/core/transaction.js';
import { claimMessages } from '../../src/delivery/claim.sql.js';
import { eraseProfile } from '../../src/delivery/erase-profile.js';
import { applyAction } from '../../src/delivery/message-actions.sql.js';
import { renewLease, sweepExpired } from '../../src/delivery/lease.sql.js';
import { markTransmitting, settleMessages, skipMessages } from '../../src/delivery/ledger.sql.js';
import { Mailer } from '../../src/delivery/mailer.js';
import { settle, type HandoverResult } from '../../src/delivery/settlement.js';
import { takeStock } from '../../src/delivery/stock.sql.js';
import { mergeProfiles } from '../../src/ingest/merge-profiles.js';
import { createSimulationSchema } from '../../src/simulation/simulation-schema.js';
import { handOver } from '../../src/simulation/run-windows.js';
import { seedDefinitions, seedPending } from '../delivery/pending-messages.js';
import { campaign, DAY, eventEntry, onEvent, Scenario, send, wait } from '../engine/scenario.js';
import { T0 } from '../engine/story-parts.js';
import { workspacesOf } from '../simulation/support.js';
import type { TestDatabase } from '../support/database.js';
import { captured, changes, seedEndpoint, watchChanges } from './support.js';

const ME = '00000000-0000-4000-8000-000000000001';
const NOW = Date.parse('2026-03-01T10:00:00Z');
const sender = { worker: ME, provider: 'relay', credentials: 'key' };
const mail = {
  from: 'a@acme.example',
  to: 'b@example.com',
  source: Buffer.from(''),
  subject: 's',
  locale: 'en',
  variables: {},
};

let story: Scenario;
let db: TestDatabase;
beforeEach(async () => {
  story = await Scenario.open();
  db = story.db;
  await watchChanges(db.pool);
});
afterEach(async () => {
  const { happened, told } = await changes(db.pool);
  expect(told).toEqual(happened);
  await story.close();
});

const types = async () => (await captured(db.pool)).map(({ type }) => type);

/** Everything that was told is what the document promises. */
function checkShapes(events: { type: string; at: number; data: unknown }[]): void {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  for (const { type, at, data } of events) {
    const { schema } = DESCRIBED_WEBHOOKS[type]!.post.requestBody.content['application/json'];
    const validate = ajv.compile(schema);
    const body = { type, timestamp: new Date(at).toISOString(), data };
    if (!validate(body))
      throw new Error(`${ajv.errorsText(validate.errors)} ${JSON.stringify(body)}`);
  }
}

async function hand(count: number, purpose: 'marketing' | 'transactional' = 'marketing') {
  await seedPending(db.pool, await seedDefinitions(db.pool), { count, purpose });
  await renewLease(db.pool, { id: ME, host: 'test', pid: 1 }, 60_000);
  return claimMessages(db.pool, { ...sender, now: NOW, limit: 100 });
}
type Claimed = Awaited<ReturnType<typeof hand>>[number];
const transmit = (messages: Claimed[]) =>
  markTransmitting(
    db.pool,
    ME,
    'relay',
    messages.map((message) => ({ ...message, mail, gates: { at: NOW } })),
  );
const answered = (code: number, text: string): HandoverResult => ({
  phase: 'final',
  reply: { code, enhanced: null, text },
  durationMs: 5,
  host: 'relay:25',
  trouble: null,
  databaseAway: false,
});
const settled = (message: Claimed, result: HandoverResult) =>
  settleMessages(db.pool, sender, [settle(message, result, 'relay', NOW)], NOW);

describe('the engine', () => {
  it('tells who entered, what it refused to send, and how they left, at the instants of the rows', async () => {
    await seedEndpoint(db.pool, 'https://a.example');
    await story.apply({
      campaigns: [
        campaign(
          'c',
          eventEntry('begun'),
          [send('tips', { topic: 'tips' }), wait('w', 1), send('a')],
          {
            goal: {
              match: onEvent('bought'),
              same: null,
              withinMs: null,
              value: ['price'],
              ends: false,
            },
          },
        ),
      ],
    });
    const ann = await story.profile();
    await db.pool.query(
      `insert into profile_keys (kind, value, profile_id) values ('user', 'ann', $1), ('user', 'ann-2', $1)`,
      [ann],
    );
    await story.track(ann, 'begun', T0);
    await story.advance(T0);
    await story.track(ann, 'bought', T0 + 1_000, { price: 9.5 });
    await story.advance(T0 + 3 * DAY);
    const events = await captured(db.pool);
    expect(events.map(({ type, at }) => [type, at])).toEqual([
      ['enrolment.entered', T0],
      ['message.skipped', T0],
      ['enrolment.ended', T0 + DAY],
    ]);
    expect(events[0]!.data).toMatchObject({
      profileId: ann,
      userId: 'ann-2',
      campaign: 'c',
      version: 1,
    });
    expect(events[1]!.data).toMatchObject({
      step: 'tips',
      reason: 'unsubscribed',
      userIds: ['ann-2', 'ann'],
      address: null,
      decidedAt: new Date(T0).toISOString(),
    });
    expect(events[2]!.data).toMatchObject({
      reason: 'completed',
      because: null,
      converted: true,
      convertedAt: new Date(T0 + 1_000).toISOString(),
      conversionValue: 9.5,
    });
    checkShapes(events);
  });

  it('tells an enrolment that entered and ended in one transaction twice, in this order', async () => {
    await seedEndpoint(db.pool, 'https://a.example');
    await story.apply({ campaigns: [campaign('c', eventEntry('begun'), [send('a')])] });
    await story.track(await story.profile(), 'begun', T0);
    await story.advance(T0);
    expect(await types()).toEqual(['enrolment.entered', 'enrolment.ended']);
  });
});

describe('delivery', () => {
  it('tells what was sent, what failed and what nobody knows, once each, however often it is written', async () => {
    await seedEndpoint(db.pool, 'https://a.example');
    const [sent, failed, lost, late] = await hand(4);
    await transmit([sent!, failed!, lost!]);
    for (let times = 0; times < 2; times++) {
      await settled(sent!, answered(250, 'queued'));
      await settled(failed!, answered(550, 'no such user'));
      await settled(lost!, { ...answered(0, ''), phase: 'body', reply: null });
      await skipMessages(
        db.pool,
        ME,
        [{ ...late!, gates: { at: NOW }, reason: 'late', detail: { hours: 3 } }],
        NOW,
      );
    }
    const events = (await captured(db.pool)).filter(({ type }) => type.startsWith('message'));
    expect(events.map(({ type }) => type)).toEqual([
      'message.sent',
      'message.failed',
      'message.ambiguous',
      'message.skipped',
    ]);
    expect(events.every(({ at }) => at === NOW)).toBe(true);
    expect(events[1]!.data).toMatchObject({
      state: 'failed',
      reply: '550 no such user',
      attempts: 1,
    });
    expect(events[3]!.data).toMatchObject({ reason: 'late', detail: { hours: 3 } });
    checkShapes(events);
  });

  it('tells an ambiguous message that turns out to have been sent again', async () => {
    await seedEndpoint(db.pool, 'https://a.example', ['message.sent', 'message.ambiguous']);
    const [message] = await hand(1);
    await transmit([message!]);
    await db.pool.query(`update workers set lease_until = '2026-01-01'`);
    await sweepExpired(db.pool, NOW, 1);
    await settled(message!, answered(250, 'queued'));
    expect(await types()).toEqual(['message.ambiguous', 'message.sent']);
  });

  it('tells what somebody found out about an ambiguous message, not who did', async () => {
    await seedEndpoint(db.pool, 'https://a.example', ['message.sent', 'message.ambiguous']);
    const messages = await hand(2);
    await transmit(messages);
    await takeStock(db.pool, sender, [], NOW);
    const acting = { actor: 'console:olga', now: NOW + 1_000 };
    await applyAction(db.pool, 'arrived', [messages[0]!.id], acting);
    await applyAction(db.pool, 'not_arrived', [messages[1]!.id], acting);
    expect(await types()).toEqual(['message.ambiguous', 'message.ambiguous', 'message.sent']);
    const [, , sent] = await captured(db.pool);
    expect(sent!.data).toMatchObject({ messageId: messages[0]!.id, state: 'sent', reason: null });
    expect(JSON.stringify(sent)).not.toContain('olga');
  });

  it('tells what a worker could not write down, and what the dev mailbox took', async () => {
    await seedEndpoint(db.pool, 'https://a.example', ['message.sent', 'message.ambiguous']);
    await transmit(await hand(3));
    await takeStock(db.pool, sender, [], NOW);
    expect(await types()).toEqual(Array(3).fill('message.ambiguous'));
    await seedPending(
      db.pool,
      { templateVersionId: 1, campaignVersionId: 2 },
      { count: 5, campaign: 'more' },
    );
    const mailer = new Mailer({
      connections: db.pool,
      clock: new DatabaseClock(),
      server: null,
      publicUrl: 'http://x.example',
    });
    await mailer.start();
    await mailer.idle();
    await mailer.stop();
    expect((await types()).slice(3)).toEqual(Array(5).fill('message.sent'));
  });

  it('says nothing of a message that only moves on its way', async () => {
    await seedEndpoint(db.pool, 'https://a.example');
    await transmit(await hand(2, 'transactional'));
    await db.pool.query(`update workers set lease_until = '2026-01-01'`);
    // Put back to be sent once more.
    await sweepExpired(db.pool, NOW, 1);
    expect((await types()).filter((type) => type.startsWith('message'))).toEqual([]);
  });
});

describe('people', () => {
  it('stopping a campaign, ending one enrolment and merging two profiles are told', async () => {
    await seedEndpoint(db.pool, 'https://a.example', ['enrolment.ended']);
    await story.apply({
      campaigns: [campaign('c', eventEntry('begun'), [wait('w', 9), send('a')])],
    });
    const people = [];
    for (let n = 0; n < 5; n++) {
      const profile = await story.profile({ email: `p${n}@example.com` });
      await story.track(profile, 'begun', T0 + n);
      people.push(profile);
    }
    await story.advance(T0 + 10);
    const { rows } = await db.pool.query<{ id: number }>('select id from enrolments order by id');
    await exitEnrolment(db.pool, { id: rows[0]!.id, because: 'exit: asked', now: T0 + DAY });
    const merge = { loser: people[1]!, survivor: people[2]!, explicit: true };
    expect(await mergeProfiles(db.pool, merge, T0 + DAY)).toBe('merged');
    const closing = { campaign: 'c', by: 'me', why: 'wrong', now: T0 + 2 * DAY };
    await inTransaction(db.pool, (sql) => stopCampaign(sql, closing));
    await endStopped(db.pool, closing);
    const events = await captured(db.pool);
    expect(events.map(({ at, data }) => [data['because'], at])).toEqual([
      ['exit: asked', T0 + DAY],
      ['merged', T0 + DAY],
      ['stopped', T0 + 2 * DAY],
      ['stopped', T0 + 2 * DAY],
      ['stopped', T0 + 2 * DAY],
    ]);
    checkShapes(events);
  });

  it('of who is erased nothing stays, and nothing is told of it', async () => {
    await seedEndpoint(db.pool, 'https://a.example');
    const [message] = await hand(2);
    await transmit([message!]);
    await settled(message!, answered(250, 'queued'));
    const count = async () => (await captured(db.pool)).length;
    expect(await count()).toBe(3);
    const record = () => Promise.resolve();
    const erased = await eraseProfile(db.pool, message!.profileId, { now: NOW, record });
    expect(erased!.rows).toMatchObject({ webhook_events: 2, webhook_deliveries: 2 });
    expect(await count()).toBe(1);
  });
});

describe('who is told', () => {
  it('each endpoint of what it wants, with one id for both', async () => {
    const all = await seedEndpoint(db.pool, 'https://all.example');
    const some = await seedEndpoint(db.pool, 'https://some.example', ['message.sent']);
    await seedEndpoint(db.pool, 'https://other.example', ['message.failed']);
    const [message] = await hand(1);
    await transmit([message!]);
    await settled(message!, answered(250, 'queued'));
    const { rows } = await db.pool.query<{ endpoint: number; type: string; id: string }>(
      `select endpoint_id as endpoint, type, webhook_id as id
       from webhook_deliveries d join webhook_events e on e.id = d.event_id order by d.id`,
    );
    expect(rows.map(({ endpoint, type }) => [endpoint, type])).toEqual([
      [all, 'enrolment.entered'],
      [all, 'message.sent'],
      [some, 'message.sent'],
    ]);
    expect(rows[1]!.id).toBe(rows[2]!.id);
    expect(rows[0]!.id).not.toBe(rows[1]!.id);
  });

  it('nobody, and nothing is kept, while no enabled endpoint wants it', async () => {
    const disabled = await seedEndpoint(db.pool, 'https://a.example');
    await db.pool.query(
      `update webhook_endpoints set disabled_at = '2026-01-01', disabled_because = 'by_hand' where id = $1`,
      [disabled],
    );
    await seedEndpoint(db.pool, 'https://b.example', ['message.failed']);
    const [message] = await hand(1);
    await transmit([message!]);
    await settled(message!, answered(250, 'queued'));
    expect(await captured(db.pool)).toEqual([]);
  });

  it('nobody of what was rolled back', async () => {
    await seedEndpoint(db.pool, 'https://a.example');
    await hand(1);
    const before = await captured(db.pool);
    const failing = inTransaction(db.pool, async (sql) => {
      await sql.query(`update messages set state = 'sent', settled_at = '2026-03-01'`);
      await sql.query(
        `update enrolments set state = 'ended', ended_at = '2026-03-01', end_reason = 'completed'`,
      );
      expect((await captured(sql)).length).toBe(before.length + 2);
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    expect(await captured(db.pool)).toEqual(before);
  });

  it('nobody of a simulation, whose schema has no endpoints', async () => {
    await seedEndpoint(db.pool, 'https://a.example');
    const simulation = await createSimulationSchema(workspacesOf(db));
    const { connections } = simulation;
    await seedPending(connections, await seedDefinitions(connections), { count: 3 });
    const session = await connections.connect();
    await handOver(session, NOW);
    session.release();
    const { rows } = await connections.query(
      `select count(*)::int as n from messages where state = 'sent'`,
    );
    expect(rows).toEqual([{ n: 3 }]);
    expect(await captured(connections)).toEqual([]);
    expect(await captured(db.pool)).toEqual([]);
    await simulation.drop();
  });
});

test('whatever is written, and in however many rows at once: what was captured is what changed', async () => {
  await seedEndpoint(db.pool, 'https://a.example');
  await seedPending(db.pool, await seedDefinitions(db.pool), { count: 60 });
  const states = ['pending', 'claimed', 'transmitting', 'sent', 'failed', 'ambiguous', 'skipped'];
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          from: fc.integer({ min: 1, max: 60 }),
          rows: fc.integer({ min: 0, max: 25 }),
          state: fc.constantFrom(...states),
          both: fc.boolean(),
        }),
        { maxLength: 12 },
      ),
      async (writes) => {
        for (const { from, rows, state, both } of writes) {
          const range = [from, from + rows];
          // One statement with two writers of one table, as taking stock is.
          await db.pool.query(
            `with first as (
               update messages set state = '${state}', settled_at = '2026-03-01' where id between $1 and $2 and id % 2 = 0)
             update messages set state = '${both ? state : 'claimed'}' where id between $1 and $2 and id % 2 = 1`,
            range,
          );
          await db.pool.query(
            `update enrolments set state = 'ended', ended_at = '2026-03-01', end_reason = 'exited' where id between $1 and $2`,
            range,
          );
        }
        const { happened, told } = await changes(db.pool);
        expect(told).toEqual(happened);
      },
    ),
    { numRuns: 15 },
  );
});
