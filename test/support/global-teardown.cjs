/** Jest's global teardown: hands over to TypeScript (test-server.ts). */
require('./run-typescript.cjs');
const { stopTestServer } = require('./test-server.ts');

module.exports = stopTestServer;
