/**
 * Messages, stage 4: what to do about a template that cannot be compiled. In: what the compiler said, MJML's sentences
 * among it. Out: what to write instead. Pure.
 */
import { nearest } from '../language/words.js';

/** Where MJML wants a component, by the element that it was found in. */
const WRAPPED: Record<string, string> = {
  'mj-body': '<mj-section><mj-column>…</mj-column></mj-section>',
  'mj-wrapper': '<mj-section><mj-column>…</mj-column></mj-section>',
  'mj-section': '<mj-column>…</mj-column>',
  'mj-group': '<mj-column>…</mj-column>',
};
const COMPONENTS =
  'mj-section mj-column mj-text mj-button mj-image mj-divider mj-spacer mj-table mj-raw mj-hero mj-wrapper mj-group mj-social mj-navbar mj-head mj-body mj-attributes mj-style mj-preview mj-title mj-all'.split(
    ' ',
  );
/** What MJML calls the attributes that people write. */
const ATTRIBUTES =
  'color background-color font-size font-family font-weight line-height padding align width height href src alt border border-radius container-background-color inner-padding text-decoration css-class mj-class'.split(
    ' ',
  );

/** `message`: without the place before it. */
export function adviceFor(message: string): string {
  return adviceOfMjml(message) ?? adviceOfHtml(message);
}

function adviceOfMjml(message: string): string | undefined {
  const misplaced = /(\S+) cannot be used inside (\S+), only inside: (.+)$/.exec(message);
  if (misplaced) {
    const [, child, parent, places = ''] = misplaced;
    const wrapped = WRAPPED[parent!];
    return wrapped && places.includes('mj-column')
      ? `wrap it: ${wrapped.replace('…', `<${child}>…</${child}>`)}`
      : `move it into ${places.split(', ').join(' or ')}`;
  }
  const stray = /stands (?:in <(\S+)>, )?outside of <(?:mj-text|mjml)>, where/.exec(message);
  if (stray) {
    const wrapped = WRAPPED[stray[1] ?? ''] ?? '…';
    return `write ${wrapped.replace('…', '<mj-text>…</mj-text>')} around it`;
  }
  const unknown = /Element (\S+) doesn't exist/.exec(message)?.[1];
  if (unknown) {
    const near = nearest(unknown, COMPONENTS);
    return near
      ? `did you mean <${near}>?`
      : `MJML's elements are ${COMPONENTS.slice(0, 9).join(', ')} …; HTML stands inside <mj-text>`;
  }
  const attribute = /Attributes? ([^\s,]+)(?:, .*)? (?:is|are) illegal/.exec(message)?.[1];
  if (attribute) {
    const near = nearest(attribute, ATTRIBUTES);
    return near && near !== attribute
      ? `did you mean ${near}?`
      : 'this element does not have it; remove it, or style it with a class of <mj-style>';
  }
  const invalid = /Attribute (\S+) has invalid value: .+ for type (.+?),? /.exec(`${message} `);
  if (invalid) return `${invalid[1]} takes ${typeInWords(invalid[2]!)}`;
  return undefined;
}

/** `Unit, only accepts (px, %) units` and the like. */
function typeInWords(type: string): string {
  if (type.startsWith('Color')) return 'a colour, #0055ff';
  if (type.startsWith('Unit')) return 'a length with its unit, 20px';
  return `a value like ${type.toLowerCase()}`;
}

function adviceOfHtml(message: string): string {
  const closing = /^<(\S+)> is never closed/.exec(message)?.[1];
  if (closing) return `write </${closing}> where it ends`;
  if (message.includes('no <mjml> around'))
    return 'use a layout that has <mjml><mj-body>{{> @body}}</mj-body></mjml>, or write <mjml><mj-body> yourself';
  if (message.includes('without quotes')) return 'put the whole value into quotes: class="…"';
  if (message.includes('must begin with https://'))
    return 'write the whole address: https://example.com/offers';
  if (message.includes('reads files')) return 'write {{> name}} for templates/partials/name.mjml';
  if (message.startsWith('the attribute on')) return 'remove it: mail programs run no scripts';
  if (message.includes('does not belong into a mail'))
    return 'remove it: mail programs drop it, or warn of it; link to a page instead';
  if (/^\{\{~?[^#^/~].*dropped/.test(message))
    return 'write <mj-text>…</mj-text> around it and the words beside it';
  if (message.includes('dropped')) return 'wrap it: <mj-raw>{{#if …}}</mj-raw>';
  if (message.includes('nested')) return 'take a level away, or move a part out';
  if (message.includes('characters')) return 'make it shorter, or put in fewer partials';
  if (/plural/.test(message))
    return 'one="# day" other="# days"; Russian needs one, few, many and other';
  if (message.includes('cannot stand')) return 'values stand in text and in quoted attributes only';
  if (message.includes('never closed') || message.includes('closes'))
    return 'every {{#if}} has one {{/if}} behind it, and blocks do not cross';
  return 'templates.md shows what may stand where';
}
