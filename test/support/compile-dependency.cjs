/**
 * The jest transformer of node_modules: a dependency that is ESM (`.mjs`, or the nearest package.json
 * says `type: module`) becomes CommonJS, everything else passes through untouched. Jest caches the
 * result on disk, so each file is compiled once per version.
 */
const { createHash } = require('node:crypto');
const { existsSync, readFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
const swc = require('@swc/core');

const typeOfFolder = new Map();

function folderIsModule(folder) {
  const known = typeOfFolder.get(folder);
  if (known !== undefined) return known;
  const file = join(folder, 'package.json');
  const found = existsSync(file)
    ? JSON.parse(readFileSync(file, 'utf8')).type === 'module'
    : folderIsModule(dirname(folder));
  typeOfFolder.set(folder, found);
  return found;
}

module.exports = {
  process(source, path) {
    if (!path.endsWith('.mjs') && !folderIsModule(dirname(path))) return { code: source };
    return swc.transformSync(source, {
      filename: path,
      swcrc: false,
      configFile: false,
      jsc: { parser: { syntax: 'ecmascript' }, target: 'es2023', keepClassNames: true },
      module: { type: 'commonjs' },
    });
  },
  getCacheKey: (source, path) =>
    createHash('sha1').update(source).update('\0').update(path).update('\0 1').digest('hex'),
};
