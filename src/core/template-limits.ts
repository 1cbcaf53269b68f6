/**
 * How large and how deep a template may be (docs/templates.md), for the language, which says so in a file,
 * and for the compiler, which meets stored versions too. Each bound is far above any mail that is read and
 * far below what makes a parser slow or end in a stack: 3,000 nested elements did.
 */

/** Characters of one file. */
export const MAX_TEMPLATE_CHARACTERS = 256 * 1024;
/** Characters of layout, body and every use of a partial put together. */
export const MAX_ASSEMBLED_CHARACTERS = 500_000;
/** Layout, body and partials inside each other. */
export const MAX_PARTS_DEPTH = 10;
/** Handlebars blocks (`else if` counts) or brackets inside each other. */
export const MAX_NESTING = 50;
/** HTML and MJML elements inside each other. */
export const MAX_ELEMENT_DEPTH = 100;
