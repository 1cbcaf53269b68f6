/** Delivery (stage 5): what Prometheus is told of it; app/metrics.controller.ts shows it. */
import { Counter, Histogram } from 'prom-client';

/** Hand-overs by what they came to, as the table `attempts` calls it. */
export const attemptsTotal = new Counter({
  name: 'rekindle_delivery_attempts_total',
  help: 'Hand-overs to mail servers, by what they came to.',
  labelNames: ['provider', 'outcome'] as const,
});

/**
 * All of them are told from the start: a rate over a series that begins with its first incident does not see that one.
 */
export const OUTCOMES = ['sent', 'failed', 'retry', 'ambiguous', 'deferred'] as const;

export const handoverSeconds = new Histogram({
  name: 'rekindle_delivery_handover_seconds',
  help: 'Seconds of one hand-over to a mail server.',
  labelNames: ['provider'] as const,
  buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 300],
});
