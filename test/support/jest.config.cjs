/**
 * Jest in CommonJS mode: our TypeScript and the ESM-only dependencies (Nest 12) are compiled to
 * CommonJS by swc, because native ESM mode fails with several of them on Node 20 (stack.md, "Jest").
 * Projects, so that unit specs do not wait for a database server, and those that kill processes under load or stand
 * at the edge of a lease have the machine to themselves (`npm test` runs the project `alone` after the others, .ci/test.cjs).
 */
const root = require('node:path').resolve(__dirname, '../..');

const common = {
  rootDir: root,
  testEnvironment: 'node',
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': ['$1', '$1.js'] },
  resolver: `${__dirname}/resolve-module.cjs`,
  transform: {
    '^.+\\.tsx?$': `${__dirname}/compile-typescript.cjs`,
    '/node_modules/.+\\.m?js$': `${__dirname}/compile-dependency.cjs`,
  },
  transformIgnorePatterns: [],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/\\.rekindle/'],
};

const ALONE = [
  'test/delivery/chaos',
  'test/engine/(several-engines|broadcasts-under-fire)',
  'test/app/wake-ups',
  'test/webhooks/killed',
  'test/simulation/send-for-real',
].map((path) => `/${path}\\.spec\\.ts$`);

const integration = {
  ...common,
  globalSetup: `${__dirname}/global-setup.cjs`,
  globalTeardown: `${__dirname}/global-teardown.cjs`,
};

module.exports = {
  rootDir: root,
  // A worker keeps every compiled dependency it has met; past this it is replaced.
  workerIdleMemoryLimit: '700MB',
  testTimeout: 30_000,
  projects: [
    { ...common, displayName: 'unit', testMatch: ['<rootDir>/src/**/*.spec.ts'] },
    {
      ...integration,
      displayName: 'integration',
      testMatch: ['<rootDir>/test/**/*.spec.ts'],
      testPathIgnorePatterns: ['/node_modules/', ...ALONE],
    },
    { ...integration, displayName: 'alone', testRegex: ALONE },
  ],
};
