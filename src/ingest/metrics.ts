/** Stage 1: what Prometheus is told of ingest; app/metrics.controller.ts shows it. */
import { Counter, Histogram } from 'prom-client';
import type { Outcome } from './item.js';

const itemsTotal = new Counter({
  name: 'rekindle_ingest_items_total',
  help: 'Items received, by what became of them.',
  labelNames: ['outcome'] as const,
});

// A rate over a series that begins with its first incident does not see that one.
for (const outcome of ['stored', 'duplicate', 'refused']) itemsTotal.inc({ outcome }, 0);

export const storeSeconds = new Histogram({
  name: 'rekindle_ingest_store_seconds',
  help: 'Seconds to store one group of items durably.',
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
});

/** Counts what became of items; `refused` were so before they came to the store. */
export function countItems(outcomes: readonly Outcome[], refused: number): void {
  const counts = { stored: 0, duplicate: 0, refused };
  for (const { kind } of outcomes) counts[kind] += 1;
  for (const [outcome, n] of Object.entries(counts)) itemsTotal.inc({ outcome }, n);
}
