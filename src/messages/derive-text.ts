/**
 * Messages, stage 4. In: compiled HTML with tokens. Out: the source of its text part, tokens still in it.
 * Done once per version instead of once per mail (html-to-text takes ten times as long as the whole
 * render); the tests hold the result against html-to-text of the rendered mail.
 */
import { compile } from 'html-to-text';
import { PREHEADER_CLASS } from './document.js';

const toText = compile({
  wordwrap: false,
  selectors: [
    { selector: `div.${PREHEADER_CLASS}`, format: 'skip' },
    // MJML makes every paragraph a div of its own.
    { selector: 'div', options: { leadingLineBreaks: 2, trailingLineBreaks: 2 } },
    { selector: 'img', format: 'skip' },
    {
      selector: 'a',
      options: { linkBrackets: ['<', '>'], hideLinkHrefIfSameAsText: true, ignoreHref: false },
    },
    ...['h1', 'h2', 'h3'].map((selector) => ({
      selector,
      options: { uppercase: false, leadingLineBreaks: 2 },
    })),
    { selector: 'ul', options: { itemPrefix: '- ' } },
    { selector: 'hr', format: 'skip' },
  ],
});

/** The text part of an HTML mail; links follow their words in angle brackets. */
export function deriveText(html: string): string {
  return tidyText(toText(html));
}

/**
 * No blanks at the ends of lines, at most one empty line in a row: what blocks that rendered nothing leave
 * behind. Line by line, because rendered data is in it: an expression that looks for blanks before
 * a line's end tries every blank of a long run, seconds for a name of 32,000 of them.
 */
export function tidyText(text: string): string {
  return text
    .split('\n')
    .map(tidyLine)
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

/** Only items of lists keep what they are indented by. */
function tidyLine(line: string): string {
  const start = line.trimStart();
  return (/^[-\d]/.test(start) ? line : start).trimEnd();
}
