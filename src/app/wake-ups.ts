/**
 * Wake-ups on BullMQ: one queue per lane, on the workspace's PostgreSQL or, with a Redis URL, on Redis.
 * Queues hold no truth, so their commits need not be durable. A burst becomes few jobs: a process has
 * one `add` in flight and one more when it was asked again meanwhile, and a lane has at most one
 * *waiting* job, because adds while one waits are dropped. None is lost: the job gives up that claim
 * before its handler starts to look, so a later wake-up makes a job of its own.
 */
import { Queue, Worker, withBackend, createPostgresBackend, type Job } from 'bullmq';
import { LANES, type Lane, type WakeUps, type WakeUpSource } from '../core/wake-up.js';
import { checkSchemaName } from './database.js';

export interface WakeUpOptions {
  /** The workspace's database; carries the queues unless there is a Redis. */
  databaseUrl: string;
  schema: string;
  redisUrl?: string;
  /** Tells workspaces apart that share a Redis: `workspace.id`. */
  workspaceId: string;
  log: (message: string, error: Error) => void;
}

/** The queues' sessions: commits that may be lost, plans that are simple. */
const SESSION = '-c synchronous_commit=off -c jit=off';
/** Seconds that an idle worker blocks before it looks again without being told. */
const IDLE_SECONDS = 5;

export class BullWakeUps implements WakeUps, WakeUpSource {
  private readonly queues = new Map<Lane, Queue>();
  private readonly workers = new Map<Lane, Worker>();
  /** Lanes with an `add` in flight: false, or true once asked again. */
  private readonly adding = new Map<Lane, boolean>();
  private readonly inFlight = new Set<Promise<void>>();
  private closed = false;

  constructor(private readonly options: WakeUpOptions) {
    checkSchemaName(options.schema);
  }

  wake(lane: Lane): void {
    if (this.closed) return;
    if (this.adding.has(lane)) {
      this.adding.set(lane, true);
      return;
    }
    this.adding.set(lane, false);
    const sending = this.send(lane).finally(() => this.inFlight.delete(sending));
    this.inFlight.add(sending);
  }

  private async send(lane: Lane): Promise<void> {
    try {
      do {
        this.adding.set(lane, false);
        await this.queue(lane).add('wake', {}, { deduplication: { id: lane } });
      } while (this.adding.get(lane) === true && !this.closed);
    } catch (error) {
      this.options.log(`a wake-up of ${lane} was lost; its sweeper makes up for it`, error as Error);
    } finally {
      this.adding.delete(lane);
    }
  }

  onWake(lane: Lane, handler: () => Promise<void>): void {
    if (this.workers.has(lane)) throw new Error(`lane ${lane} has a handler already`);
    const process = async (job: Job): Promise<void> => {
      await job.removeDeduplicationKey();
      try {
        await handler();
      } catch (error) {
        this.options.log(`the handler of ${lane} failed`, error as Error);
      }
    };
    const worker = this.options.redisUrl
      ? new Worker(lane, process, { ...WORKER, ...this.redis() })
      : new Postgres.Worker(lane, process, { ...WORKER, ...this.postgres() });
    worker.on('error', (error) => {
      if (!this.closed) this.options.log(`the queue of ${lane} is out of reach`, error);
    });
    this.workers.set(lane, worker as Worker);
  }

  /** Ready to add and to be told: queues made, workers listening. Rejects when the queue is out of reach. */
  async ready(): Promise<void> {
    for (const lane of LANES) await this.queue(lane).waitUntilReady();
    for (const worker of this.workers.values()) await worker.waitUntilReady();
  }

  /** Takes no more wake-ups, waits for handlers that run, closes the connections. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all(this.inFlight);
    await Promise.all([...this.workers.values()].map((worker) => worker.close()));
    await Promise.all([...this.queues.values()].map((queue) => queue.close()));
  }

  private queue(lane: Lane): Queue {
    const known = this.queues.get(lane);
    if (known) return known;
    const defaultJobOptions = { removeOnComplete: true, removeOnFail: true };
    const queue = (
      this.options.redisUrl
        ? new Queue(lane, { defaultJobOptions, ...this.redis() })
        : new Postgres.Queue(lane, { defaultJobOptions, ...this.postgres() })
    ) as Queue;
    queue.on('error', (error) => {
      if (!this.closed) this.options.log(`the queue of ${lane} is out of reach`, error);
    });
    this.queues.set(lane, queue);
    return queue;
  }

  private postgres() {
    return {
      connection: {
        connectionString: this.options.databaseUrl,
        schema: `bullmq_${this.options.schema}`,
        migrate: true,
        max: 1,
        options: SESSION,
        application_name: 'rekindle wake-ups',
      },
    };
  }

  private redis() {
    return {
      prefix: `rekindle:${this.options.workspaceId}`,
      connection: { url: this.options.redisUrl!, maxRetriesPerRequest: null },
    };
  }
}

const Postgres = withBackend(createPostgresBackend);
const WORKER = { concurrency: 1, drainDelay: IDLE_SECONDS, runRetryDelay: 1_000 };
