/** The jest transformer of our own files: swc with the decorators Nest and TypeORM read. */
const { createTransformer } = require('@swc/jest');
const options = require('./swc-options.cjs');

module.exports = createTransformer(options);
