/**
 * Makes a fresh clone runnable: installs what package-lock.json names and node_modules lacks, then
 * builds. Plain JavaScript without dependencies, because nothing is installed yet. `npm test`,
 * `npm start` and `npm run demo` begin with it, so that each works as the first command.
 */
const { spawnSync } = require('node:child_process');
const { existsSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

const ROOT = join(__dirname, '..');

/** Runs a program to its end, its output on stderr; ends this process with its exit code if it fails. */
function run(command, args) {
  const windows = process.platform === 'win32';
  const { status, error } = spawnSync(command, args, {
    cwd: ROOT,
    stdio: ['inherit', 2, 2],
    shell: windows,
  });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/** What node_modules holds, as npm left it, names the same versions as package-lock.json. */
function isInstalled() {
  const installed = join(ROOT, 'node_modules', '.package-lock.json');
  if (!existsSync(installed)) return false;
  const { packages: present } = JSON.parse(readFileSync(installed, 'utf8'));
  const { packages: wanted } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      path === '' || optional || present[path]?.version === version,
  );
}

function prepare() {
  if (!isInstalled()) {
    process.stderr.write('installing dependencies\n');
    // Some packages ask for a newer Node than they need; those warnings only frighten.
    run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  }
  run(process.execPath, [join(ROOT, 'node_modules/@typescript/native/bin/tsc'), '-p', ROOT]);
}

module.exports = { ROOT, prepare };
if (require.main === module) prepare();
