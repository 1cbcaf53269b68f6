/**
 * `node ./test/support/run-typescript.cjs file.ts`: runs our sources without a build, for the
 * processes that tests start (and kill) and for jest's global setup, which jest does not map.
 * ESM dependencies are required natively (Node 20.19 and later).
 */
const { existsSync, readFileSync } = require('node:fs');
const Module = require('node:module');
const { dirname, resolve } = require('node:path');
const swc = require('@swc/core');
const optionsFor = require('./swc-options.cjs');

const resolveFilename = Module._resolveFilename;
Module._resolveFilename = function (request, parent, ...rest) {
  if (parent?.filename && request.startsWith('.') && request.endsWith('.js')) {
    const path = resolve(dirname(parent.filename), request.slice(0, -3));
    for (const typescript of [`${path}.ts`, `${path}.tsx`])
      if (existsSync(typescript)) return typescript;
  }
  return resolveFilename.call(this, request, parent, ...rest);
};

Module._extensions['.ts'] = Module._extensions['.tsx'] = (module, filename) => {
  const options = { ...optionsFor(filename), filename };
  module._compile(swc.transformSync(readFileSync(filename, 'utf8'), options).code, filename);
};

if (require.main === module) {
  // `node run-typescript.cjs file.ts args`: the file sees itself as argv[1].
  process.argv.splice(1, 1);
  require(resolve(process.argv[1]));
}
