/**
 * Jest in CommonJS mode: our TypeScript and the ESM-only dependencies (Nest 12) are compiled to
 * CommonJS by swc, because native ESM mode fails with several of them on Node 20 (stack.md, "Jest").
 * Two projects, so that unit specs do not wait for a database server.
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

module.exports = {
  rootDir: root,
  // A worker keeps every compiled dependency it has met; past this it is replaced.
  workerIdleMemoryLimit: '700MB',
  testTimeout: 30_000,
  projects: [
    { ...common, displayName: 'unit', testMatch: ['<rootDir>/src/**/*.spec.ts'] },
    {
      ...common,
      displayName: 'integration',
      testMatch: ['<rootDir>/test/**/*.spec.ts'],
      globalSetup: `${__dirname}/global-setup.cjs`,
      globalTeardown: `${__dirname}/global-teardown.cjs`,
    },
  ],
};
