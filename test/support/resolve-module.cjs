/**
 * Jest resolves as `require` does; a package that exports only `import` is then not found. Try it as
 * `import` before giving up: the transformer turns what is found into CommonJS anyway.
 */
module.exports = (request, options) => {
  try {
    return options.defaultResolver(request, options);
  } catch (error) {
    if (request.startsWith('.') || request.startsWith('/')) throw error;
    return options.defaultResolver(request, {
      ...options,
      conditions: [...(options.conditions ?? []), 'import'],
    });
  }
};
