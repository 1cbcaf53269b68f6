/** Webhooks out: what Prometheus is told of them; app/metrics.controller.ts shows it. */
import { Counter, Histogram } from 'prom-client';

/** Attempts by what they came to: delivered, retried (it is tried again), failed (it was given up). */
export const webhookDeliveries = new Counter({
  name: 'rekindle_webhook_deliveries_total',
  help: 'Attempts to deliver a webhook, by what they came to: delivered, retried, failed.',
  labelNames: ['outcome'] as const,
});

export const webhookSeconds = new Histogram({
  name: 'rekindle_webhook_exchange_seconds',
  help: 'Seconds of one exchange with an endpoint of webhooks.',
  buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
});
