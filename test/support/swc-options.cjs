/** How TypeScript becomes CommonJS in tests; the same for jest and for processes that tests start. */
const options = {
  swcrc: false,
  configFile: false,
  sourceMaps: 'inline',
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    transform: {
      legacyDecorator: true,
      decoratorMetadata: true,
      react: { runtime: 'automatic', importSource: 'preact' },
    },
    target: 'es2023',
    keepClassNames: true,
  },
  module: { type: 'commonjs' },
};

/** The options for one file; only `.tsx` may hold markup, elsewhere `<` begins a type. */
module.exports = (filename) =>
  filename.endsWith('.tsx')
    ? {
        ...options,
        jsc: { ...options.jsc, parser: { ...options.jsc.parser, tsx: true } },
      }
    : options;
