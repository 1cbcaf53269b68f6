/**
 * Did anything happen? For pages that renew themselves. In: nothing; out: a call to every listener when rows of the
 * workspace changed. Asked once per process however many look, and only while somebody does: the database's own
 * counters of written rows, so the answer costs the same on any size. They are up to a few seconds old.
 */
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { ConnectionSource } from '../../core/queryable.js';
import { CONNECTIONS } from '../../core/tokens.js';

const EVERY_MS = 2_000;

const WRITTEN = `
select coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::text as written
from pg_stat_user_tables
where schemaname = current_schema() and (relname like 'events%'
  or relname in ('messages', 'enrolments', 'transitions', 'pauses', 'suppressions', 'subscriptions', 'rejects',
    'dev_mails', 'parked_profiles', 'revisions', 'inbox', 'webhook_deliveries', 'webhook_endpoints', 'backtests', 'message_copies',
    'broadcasts', 'broadcast_shards', 'imports'))`;

export interface Listener {
  onChange: () => void;
  /** The process stops. */
  onEnd: () => void;
}

@Injectable()
export class ChangeWatch implements OnModuleDestroy {
  private readonly listeners = new Set<Listener>();
  private timer: NodeJS.Timeout | null = null;
  private written = '';
  private stopped = false;

  constructor(@Inject(CONNECTIONS) private readonly sql: ConnectionSource) {}

  /** Returns how to stop listening. */
  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    this.schedule();
    return () => {
      this.listeners.delete(listener);
    };
  }

  onModuleDestroy(): void {
    this.stopped = true;
    if (this.timer) clearTimeout(this.timer);
    for (const listener of this.listeners) listener.onEnd();
  }

  private schedule(): void {
    if (this.timer || this.stopped || this.listeners.size === 0) return;
    this.timer = setTimeout(() => {
      void this.look().finally(() => {
        this.timer = null;
        this.schedule();
      });
    }, EVERY_MS);
    this.timer.unref();
  }

  /** A database that is away has not changed as far as anybody can see. */
  private async look(): Promise<void> {
    const written = await this.sql
      .query<{ written: string }>(WRITTEN)
      .then(({ rows }) => rows[0]!.written)
      .catch(() => this.written);
    if (written === this.written) return;
    const first = this.written === '';
    this.written = written;
    if (!first) for (const { onChange } of this.listeners) onChange();
  }
}
