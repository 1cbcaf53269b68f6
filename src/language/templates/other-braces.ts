/** `{profile.first_name}`, `*|FNAME|*`, `{% if … %}`: what other tools write for variables and blocks is text here, and would be sent as it stands. */
import { TEMPLATE_NAMESPACES } from '../../core/template-helpers.js';
import type { Reading } from '../reading.js';
import type { Span } from '../syntax/nodes.js';
import { shorten } from '../words.js';

const OTHER =
  /(?<!\{)\$?\{\s*([a-z_]\w*(?:\.\w+)*)\s*\}(?!\})|\*\|(\w+)\|\*|\[\[\s*([a-z_][\w.]*)\s*\]\]|%%(\w+)%%|(?<![\w%])%([a-z_]\w*)%(?![\w%])|<%=?\s*([\w.]+)\s*%>/gi;
/** `{% if … %}`, `<% if … %>`, `{# … #}`. */
const OTHER_BLOCKS =
  /\{%[-+]?\s*([a-z]*)[^]{0,500}?%\}|<%-?\s*([a-z]+)\s[^]{0,500}?%>|(?<!\{)\{#[^]{0,500}?#\}/gi;
const NAMESPACES: readonly string[] = TEMPLATE_NAMESPACES;

/** What our blocks are called, by the words of others. */
const OUR_BLOCKS: Readonly<Record<string, string>> = {
  if: 'write {{#if profile.plan}} … {{/if}}, {{#if (eq profile.plan "pro")}} for one value',
  elsif: 'write {{else if (eq profile.plan "pro")}}',
  elif: 'write {{else if (eq profile.plan "pro")}}',
  else: 'write {{else}}',
  endif: 'write {{/if}}',
  end: 'write {{/if}} or {{/each}}',
  unless: 'write {{#unless profile.plan}} … {{/unless}}',
  endunless: 'write {{/unless}}',
  for: 'write {{#each entry.items}} {{this.name}} {{/each}}',
  endfor: 'write {{/each}}',
  include: 'write {{> name}} for templates/partials/name',
  render: 'write {{> name}} for templates/partials/name',
  '': 'a remark for yourself is {{!-- … --}}',
  comment: 'a remark for yourself is {{!-- … --}}',
};

function reportOtherBlocks(reading: Reading, text: string, at: Span): void {
  for (const { 0: written, 1: word, 2: tag } of text.matchAll(OTHER_BLOCKS)) {
    const name = (word ?? tag ?? '').toLowerCase();
    reading.error(
      'RK611',
      placeOf(reading, written, at),
      `\`${shorten(written.replace(/\s+/g, ' '), 60)}\` is text, not a block: people would read it as it stands`,
      OUR_BLOCKS[name] ??
        'blocks are {{#if …}}, {{#unless …}} and {{#each …}}; what is to be worked out the campaign says, in with:',
    );
  }
}

/** Where something stands in the file, all of `at` when it is written with escapes. */
function placeOf(reading: Reading, written: string, at: Span): Span {
  const start = reading.file.text.indexOf(written, at.start);
  return start < 0 ? at : { start, end: start + written.length };
}

/** `text` stands at `at`, from its first character on unless it is a scalar with escapes. */
export function reportOtherBraces(reading: Reading, text: string, at: Span): void {
  reportOtherBlocks(reading, text, at);
  for (const found of text.matchAll(OTHER)) {
    const written = found[0];
    const name = found.slice(1).find((word) => word !== undefined)!;
    const place = placeOf(reading, written, at);
    const message = `\`${written}\` is text, not a variable: people would read it as it stands`;
    if (NAMESPACES.includes(name.split('.', 1)[0]!))
      reading.error('RK611', place, message, `write {{${name}}}`);
    else
      reading.warn(
        'RK611',
        place,
        message,
        `a variable is written in two braces, {{profile.${name.toLowerCase()}}}; if the text is meant so, leave it`,
      );
  }
}
