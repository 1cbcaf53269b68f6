/** The engine: what Prometheus is told of it; app/metrics.controller.ts shows it. */
import { Histogram } from 'prom-client';

export const runSeconds = new Histogram({
  name: 'rekindle_engine_run_seconds',
  help: 'Seconds of one run over the shards with work.',
  buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60],
});
