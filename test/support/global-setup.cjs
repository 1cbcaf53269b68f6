/** Jest's global setup: hands over to TypeScript (test-server.ts). */
require('./run-typescript.cjs');
const { startTestServer } = require('./test-server.ts');

module.exports = startTestServer;
