/**
 * Wake-ups on BullMQ: one queue per lane, on the workspace's PostgreSQL or, with a Redis URL, on Redis.
 * Queues hold no truth, so their commits need not be durable. A burst becomes few jobs: a process has
 * one `add` in flight and one more, `PACE_MS` later, when it was asked again meanwhile, and a lane has at most one
 * *waiting* job, because adds while one waits are dropped. None is lost: the job gives up that claim
 * before its handler starts to look, so a later wake-up makes a job of its own.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Queue, Worker, withBackend, createPostgresBackend, type Job } from 'bullmq';
import pg from 'pg';
import { errorText } from '../core/error-fields.js';
import { Outage } from '../core/outage.js';
import { LANES, type Lane, type WakeUps, type WakeUpSource } from '../core/wake-up.js';
import { evictionProblem } from './check-redis.js';
import { checkSchemaName, SteadyClient } from './database.js';

export interface WakeUpOptions {
  /** The workspace's database; carries the queues unless there is a Redis. */
  databaseUrl: string;
  schema: string;
  redisUrl?: string;
  /** Tells workspaces apart that share a Redis: `workspace.id`. */
  workspaceId: string;
  log: (message: string, error?: Error) => void;
}

/** The queues' sessions: commits that may be lost, plans that are simple. */
const SESSION = '-c synchronous_commit=off -c jit=off';
const RETRY_MS = 1_000;
/** Between two wake-ups of a lane: an `add` costs as much as ten events, and what it wakes takes longer. */
const PACE_MS = 10;
/** Reconnections to Redis before a connection that nobody rests on yet is given up. */
const FIRST_RETRIES = 3;
/** How long each step of closing waits for connections; what is left ends with the process. */
const CLOSE_MS = 2_000;
/** Seconds that an idle worker blocks before it looks again without being told. */
const IDLE_SECONDS = 5;

export class BullWakeUps implements WakeUps, WakeUpSource {
  private readonly queues = new Map<Lane, Queue>();
  private readonly workers: Worker[] = [];
  /** Lanes with a handler, and when their worker runs. */
  private readonly listening = new Map<Lane, Promise<void>>();
  /** Lanes with an `add` in flight: true once asked again meanwhile. */
  private readonly adding = new Map<Lane, boolean>();
  private readonly inFlight = new Set<Promise<void>>();
  private readonly handling = new Set<Promise<void>>();
  private closed = false;
  /** BullMQ tells of it at each of its many attempts. */
  private readonly outage: Outage;

  constructor(private readonly options: WakeUpOptions) {
    checkSchemaName(options.schema);
    const log = (line: string): void => options.log(line);
    this.outage = new Outage(
      {
        bad: 'wake-ups are out of reach; the sweepers make up for them',
        good: 'wake-ups arrive',
      },
      { log, warn: log },
    );
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
        this.outage.succeeded();
        if (!this.closed) await pause(PACE_MS);
      } while (this.adding.get(lane) === true);
    } catch (error) {
      this.tellOutage(error as Error);
      // A queue whose first connection failed never recovers; the next wake-up makes another.
      await this.queues
        .get(lane)
        ?.close()
        .catch(() => undefined);
      this.queues.delete(lane);
    } finally {
      this.adding.delete(lane);
    }
  }

  onWake(lane: Lane, handler: () => Promise<void>): void {
    if (this.listening.has(lane)) throw new Error(`lane ${lane} has a handler already`);
    const listening = this.listen(lane, async (job) => {
      await job.removeDeduplicationKey();
      this.outage.succeeded();
      const running = handler()
        .catch((error: Error) => this.options.log(`the handler of ${lane} failed`, error))
        .finally(() => this.handling.delete(running));
      this.handling.add(running);
      await running;
    });
    this.listening.set(lane, listening);
  }

  /**
   * Starts the worker of a lane once its queue has answered: BullMQ remembers a failed first connection
   * for good and would ask it again without pause, so such a worker is thrown away.
   */
  private async listen(lane: Lane, process: (job: Job) => Promise<void>): Promise<void> {
    while (!this.closed) {
      let runs = false;
      const worker = this.newWorker(lane, process, () => runs);
      worker.on('error', (error) => this.tellOutage(error));
      try {
        await worker.waitUntilReady();
        if (this.closed) return await worker.close();
        runs = true;
        this.workers.push(worker);
        worker.run().catch((error: Error) => this.tellOutage(error));
        return;
      } catch (error) {
        this.tellOutage(error as Error);
        await worker.close();
        await pause(RETRY_MS);
      }
    }
  }

  private newWorker(lane: Lane, process: (job: Job) => Promise<void>, runs: () => boolean): Worker {
    return (
      this.options.redisUrl
        ? new Worker(lane, process, { ...WORKER, ...this.redis(runs) })
        : new Postgres.Worker(lane, process, { ...WORKER, ...this.postgres() })
    ) as Worker;
  }

  /** Ready to add and to be told: queues made, workers listening. Rejects when the queue is out of reach. */
  async ready(): Promise<void> {
    for (const lane of LANES) await this.queue(lane).waitUntilReady();
    await Promise.all(this.listening.values());
    const { redisUrl, log } = this.options;
    const problem = redisUrl ? await evictionProblem(redisUrl) : null;
    if (problem) log('Redis may lose wake-ups; the sweepers make up for them', new Error(problem));
  }

  /**
   * Takes no more wake-ups, waits for handlers that run, closes the connections. BullMQ waits for good
   * for a Redis that is away; nothing rests on its answer, so we do not.
   */
  async close(): Promise<void> {
    this.closed = true;
    await within(CLOSE_MS, [...this.inFlight, ...this.listening.values()]);
    const stopping = this.workers.map((worker) => worker.close());
    await within(CLOSE_MS, stopping);
    await Promise.all(this.handling);
    const queues = [...this.queues.values()].map((queue) => queue.close());
    await within(CLOSE_MS, [...stopping, ...queues]);
  }

  private tellOutage(error: Error): void {
    if (!this.closed) this.outage.failed(errorText(error));
  }

  private queue(lane: Lane): Queue {
    const known = this.queues.get(lane);
    if (known) return known;
    const defaultJobOptions = { removeOnComplete: true, removeOnFail: true };
    const queue = (
      this.options.redisUrl
        ? new Queue(lane, { defaultJobOptions, ...this.redis(() => false) })
        : new Postgres.Queue(lane, { defaultJobOptions, ...this.postgres() })
    ) as Queue;
    queue.on('error', (error) => this.tellOutage(error));
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
        Client: SteadyClient,
        options: SESSION,
        application_name: 'rekindle wake-ups',
      },
    };
  }

  /** A connection that `lasts` is tried again for good; any other fails soon, and the next one is a new one. */
  private redis(lasts: () => boolean) {
    return {
      prefix: `rekindle:${this.options.workspaceId}`,
      connection: {
        url: this.options.redisUrl!,
        maxRetriesPerRequest: null,
        retryStrategy: (times: number) =>
          this.closed || (times > FIRST_RETRIES && !lasts())
            ? null
            : Math.min(times * 200, RETRY_MS),
      },
    };
  }
}

/** Waits until all of `work` has ended, however, but at most `ms`. */
async function within(ms: number, work: Promise<unknown>[]): Promise<void> {
  const patience = new AbortController();
  const late = pause(ms, undefined, { signal: patience.signal }).catch(() => undefined);
  await Promise.race([Promise.allSettled(work), late]);
  patience.abort();
}

/**
 * The LISTEN session. BullMQ 6.7 attaches its `error` listener only after `connect()`: a server that dies
 * in between would end the process, or leave BullMQ with a dead session that it asks again without pause.
 * So an early error is swallowed, and told to whoever listens later.
 */
class ListeningClient extends SteadyClient {
  private failure: Error | undefined;

  constructor(config?: string | pg.ClientConfig) {
    super(config);
    super.on('error', (error) => {
      this.failure ??= error;
    });
  }

  override on(event: string, listener: (argument: never) => void): this {
    super.on(event as 'error', listener as (error: Error) => void);
    const { failure } = this;
    if (event === 'error' && failure) setImmediate(() => listener(failure as never));
    return this;
  }
}

/** BullMQ's PostgreSQL backend with LISTEN sessions that survive a dying server. */
const steadyBackend: typeof createPostgresBackend = (...args) => {
  const backend = createPostgresBackend(...args);
  const { connection } = backend as unknown as { connection: { pgModule: object } };
  connection.pgModule = { ...pg, Client: ListeningClient };
  return backend;
};

const Postgres = withBackend(steadyBackend);
const WORKER = {
  autorun: false,
  concurrency: 1,
  drainDelay: IDLE_SECONDS,
  runRetryDelay: RETRY_MS,
};
