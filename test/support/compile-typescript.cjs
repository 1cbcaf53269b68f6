/** The jest transformer of our own files: swc with the decorators Nest and TypeORM read. */
const { createTransformer } = require('@swc/jest');
const optionsFor = require('./swc-options.cjs');

const plain = createTransformer(optionsFor('.ts'));
const markup = createTransformer(optionsFor('.tsx'));
const of = (path) => (path.endsWith('.tsx') ? markup : plain);

module.exports = {
  canInstrument: plain.canInstrument,
  process: (source, path, ...rest) => of(path).process(source, path, ...rest),
  getCacheKey: (source, path, ...rest) => of(path).getCacheKey(source, path, ...rest),
};
