/**
 * `npm test`: prepares, runs every test (or those that the arguments name) and ends with the line
 * `N passed, 0 failed`. A test file that does not even load counts as a failure.
 */
const { spawnSync } = require('node:child_process');
const { mkdtempSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { ROOT, prepare } = require('./prepare.cjs');

prepare();
const folder = mkdtempSync(join(tmpdir(), 'rekindle-results-'));
const named = process.argv.slice(2);
// Side by side whatever bears it; after that, one by one, what wants the machine to itself (jest.config.cjs).
const runs = named.length
  ? [named]
  : [
      ['--selectProjects', 'unit', 'integration', '--maxWorkers=100%'],
      ['--selectProjects', 'alone', '--maxWorkers=1'],
    ];
const total = { passed: 0, failed: 0 };
for (const [nth, args] of runs.entries()) {
  const { passed, failed } = runJest(args, join(folder, `${nth}.json`));
  total.passed += passed;
  total.failed += failed;
}
rmSync(folder, { recursive: true });
process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
process.exitCode = total.failed === 0 ? 0 : 1;

/** One run of jest: how many tests passed and failed. One that fails without a failed test counts as a failure. */
function runJest(args, results) {
  const { status } = spawnSync(
    process.execPath,
    [join(ROOT, 'node_modules/jest/bin/jest.js'), '--json', `--outputFile=${results}`, ...args],
    // With --json jest prints the report on stderr and the JSON on stdout, which the file holds already.
    { cwd: ROOT, stdio: ['inherit', 'ignore', 'inherit'] },
  );
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = readResults(results);
  const failed = numFailedTests + numRuntimeErrorTestSuites;
  return { passed: numPassedTests, failed: failed || Number(status !== 0) };
}

/** Jest's own counts; when it ended before any test ran (no database, say), that is one failure. */
function readResults(results) {
  try {
    return JSON.parse(readFileSync(results, 'utf8'));
  } catch {
    return { numPassedTests: 0, numFailedTests: 1, numRuntimeErrorTestSuites: 0 };
  }
}
