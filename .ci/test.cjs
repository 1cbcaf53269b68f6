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
const results = join(folder, 'results.json');
const { status } = spawnSync(
  process.execPath,
  [
    join(ROOT, 'node_modules/jest/bin/jest.js'),
    '--json',
    `--outputFile=${results}`,
    ...process.argv.slice(2),
  ],
  // With --json jest prints the report on stderr and the JSON on stdout, which the file holds already.
  { cwd: ROOT, stdio: ['inherit', 'ignore', 'inherit'] },
);
const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = readResults();
rmSync(folder, { recursive: true });
const failed = numFailedTests + numRuntimeErrorTestSuites;
process.stdout.write(`${numPassedTests} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? status : 1;

/** Jest's own counts; when it ended before any test ran (no database, say), that is one failure. */
function readResults() {
  try {
    return JSON.parse(readFileSync(results, 'utf8'));
  } catch {
    return { numPassedTests: 0, numFailedTests: 1, numRuntimeErrorTestSuites: 0 };
  }
}
