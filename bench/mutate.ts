/**
 * `npm run mutate [-- DIR --seed N --per-file N --json]`: 500 random mutations of each YAML file of a configuration. Each is
 * refused at the right line, or accepted and means something else, which the plan shows; exit code 1 when one is not.
 */
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadBase } from './mutate/base.js';
import { runMutations, type Report } from './mutate/run.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    'per-file': { type: 'string', default: '500' },
    json: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
});

async function main(): Promise<void> {
  const config = positionals[0] ?? 'config';
  const templates = join(dirname(config), 'templates');
  const { base, leftOut } = await loadBase(config, templates);
  for (const one of leftOut) process.stderr.write(`left out, it does not validate: ${one}\n`);
  const [seed, perFile] = [Number(values.seed), Number(values['per-file'])];
  if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(perFile) || perFile < 1)
    throw new Error('--seed and --per-file are whole numbers');
  const report = await runMutations(base, {
    seed,
    perFile,
    onFile: (path, made) => process.stderr.write(`${made} mutations, up to ${path}\n`),
  });
  process.stdout.write(values.json ? `${JSON.stringify(report.counts)}\n` : describe(report));
  process.exitCode = report.findings.length > 0 ? 1 : 0;
}

function describe({ counts, misplaced, findings }: Report): string {
  const shown = findings.map(
    ({ path, outcome, detail, mutation }) =>
      `${outcome} ${path}: ${mutation.said} (lines ${mutation.lines.map((lines) => lines.join('-')).join(', ')})\n  ${detail.replaceAll('\n', '\n  ')}\n${values.verbose ? `${mutation.text}\n` : ''}`,
  );
  const said = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
  return `${shown.join('')}${said.join(', ')}; ${misplaced} of the refused at another line\n`;
}

void main();
