/**
 * The demo: invented people, the project's own campaigns, the real engine and the real mailer, on a virtual
 * clock that moves a day at a time. In: an empty workspace. Out: figures per campaign, and a workspace that can be
 * served from where the clock stopped.
 */
import { performance } from 'node:perf_hooks';
import type { DataSource } from 'typeorm';
import { VirtualClock } from '../core/clock.js';
import { DAY_MS, type Instant } from '../core/instant.js';
import type { Connection, ConnectionSource } from '../core/queryable.js';
import { applyDefinitions } from '../definitions/apply-definitions.js';
import { currentReads } from '../definitions/load-definitions.js';
import { Mailer } from '../delivery/mailer.js';
import { BatchPreparer } from '../delivery/prepare-batch.js';
import { loadEngineDefinitions } from '../engine/engine-definitions.js';
import { ensureMonths, monthOf, type Month } from '../ingest/partitions.js';
import type { Definitions } from '../language/definitions.js';
import { campaignFigures, type CampaignFigures } from './campaign-figures.sql.js';
import { demoPopulation } from './demo-population.js';
import type { TestText } from '../definitions/test-files.sql.js';
import { closeRecording, recordPopulation } from './invented-recording.sql.js';
import { loadHistory } from './recorded-window.sql.js';
import { disableSimulated, settleSimulated } from '../webhooks/simulated.sql.js';
import { refreshStatistics, runWindows, settleBefore } from './run-windows.js';

export interface DemoOptions {
  /** An empty workspace. */
  connections: ConnectionSource;
  dataSource: DataSource;
  definitions: Definitions;
  /** What their authors wrote, for the console (`ApplyOptions`). */
  sources?: ReadonlyMap<string, string>;
  /** Their campaign tests, to be played there. */
  tests?: readonly TestText[];
  profiles: number;
  /** The virtual run ends before this instant. */
  to: Instant;
  days: number;
  seed: number;
  /** Where unsubscribe links lead. */
  publicUrl: string;
  onProgress?: (at: Instant) => void;
}

export interface DemoResult {
  profiles: number;
  events: number;
  /** By campaign, in the order of their names. */
  campaigns: Record<string, CampaignFigures>;
  /** Mails in the dev mailbox. */
  mails: number;
  /** The virtual run, without applying and serving. */
  virtualSeconds: number;
}

/** Invents the people, applies the definitions and runs the days. */
export async function runDemo(o: DemoOptions): Promise<DemoResult> {
  const from = o.to - o.days * DAY_MS;
  const population = demoPopulation(o.profiles, { from, to: o.to }, o.seed);
  await applyDefinitions(o.dataSource, o.definitions, {
    by: 'demo',
    at: from - 1,
    ...(o.sources ? { sources: o.sources } : {}),
    ...(o.tests ? { tests: o.tests } : {}),
  });
  await disableSimulated(o.connections, from);
  await ensureMonths(o.connections, months(from, o.to));
  const sql = await o.connections.connect();
  let broken = true;
  try {
    await recordPopulation(sql, population);
    const began = performance.now();
    await runDays(sql, o, from);
    const virtualSeconds = Math.round((performance.now() - began) / 100) / 10;
    await closeRecording(sql);
    const campaigns: Record<string, CampaignFigures> = {};
    for (const campaign of o.definitions.campaigns)
      campaigns[campaign.id] = await campaignFigures(sql, campaign);
    const { rows } = await sql.query<{ mails: number }>('select count(*) as mails from dev_mails');
    broken = false;
    return {
      profiles: o.profiles,
      events: population.events.length,
      campaigns,
      mails: rows[0]!.mails,
      virtualSeconds,
    };
  } finally {
    sql.release(broken);
  }
}

async function runDays(sql: Connection, o: DemoOptions, from: Instant): Promise<void> {
  const { reads } = (await currentReads(sql))!;
  const definitions = (await loadEngineDefinitions(sql))!;
  await loadHistory(sql, from);
  await refreshStatistics(sql);
  await settleBefore(sql, from, definitions);
  const clock = new VirtualClock(from);
  const preparer = new BatchPreparer(o.connections, o.publicUrl);
  const mailer = new Mailer({
    connections: o.connections,
    clock,
    server: null,
    publicUrl: o.publicUrl,
    // The mailer comes in the evening; windows, caps and dates are those of the moment at which a mail was due, and whoever
    // left later on the same day got his mail in the morning.
    prepare: (messages) =>
      preparer.prepare(
        messages.map((one) => ({ ...one, claimedAt: one.decidedAt })),
        { asOfClaim: true },
      ),
  });
  await mailer.start();
  try {
    await runWindows(sql, {
      from,
      to: o.to,
      definitions,
      reads,
      windowMs: DAY_MS,
      onWindow: o.onProgress,
      async deliver(_, to) {
        await settleSimulated(sql, to);
        clock.advanceTo(to);
        await mailer.idle();
      },
    });
  } finally {
    await mailer.stop();
  }
}

function* months(from: Instant, to: Instant): Iterable<Month> {
  for (let month = monthOf(from); month <= monthOf(to); month++) yield month;
}
