/**
 * Messages, stage 4. In: compiled HTML with tokens (template-source.ts). Out: which tokens begin a link,
 * or a `TemplateError`. Handlebars escapes for text and quoted attributes only, so this is where the
 * other half is proved, once per version: every value stands in text or in a quoted attribute, and so
 * cannot change the structure of the mail whatever it holds. What is left to check per message is the
 * scheme of links that begin with a value; `safeUrl` does that.
 */
import { Parser } from 'htmlparser2';
import { MarkupError } from './locate-in-html.js';
import {
  type TemplateError,
  type Token,
  replaceTokens,
  tokenError,
  tokensIn,
} from './template-source.js';

const URL_ATTRIBUTES = new Set([
  'href',
  'src',
  'background',
  'action',
  'formaction',
  'poster',
  'cite',
  'longdesc',
  'data',
  'xlink:href',
  'ping',
]);
/** Nothing of these belongs into a mail; data inside could run, load or redirect. */
const FORBIDDEN_ELEMENTS = new Set([
  'script',
  'iframe',
  'object',
  'embed',
  'form',
  'base',
  'frame',
  'frameset',
  'applet',
  'portal',
]);
/** Their content is not parsed as HTML (or is by some), so escaping does not protect it. */
const NO_DATA_INSIDE = new Set([
  'style',
  'xmp',
  'noembed',
  'noframes',
  'noscript',
  'plaintext',
  'svg',
  'math',
  'template',
]);
const NO_DATA_ATTRIBUTES = new Set(['style', 'srcset', 'srcdoc', 'http-equiv', 'content']);
const DROPPED =
  'stands where it would be dropped - between two MJML components, for example; wrap it in <mj-raw>...</mj-raw>';
const SAFE_URL = /^(?:https?:\/\/|mailto:|tel:)[^\u0000-\u0020]/i;

/** Whether a rendered link may stand in a mail: absolute, http, https, mailto or tel, no leading blanks or controls. */
export function safeUrl(url: string): boolean {
  return SAFE_URL.test(url) && !/[\u0000-\u001f]/.test(url);
}

/**
 * Indexes of the tokens with which a link begins. Throws `TemplateError` (at an expression) or `MarkupError` when a value stands where escaping
 * cannot protect it, when an authored link is not http, https, mailto or tel, or when a token is missing
 * (MJML drops text that stands between its components without a word).
 */
export function checkHtml(html: string, tokens: Token[]): Set<number> {
  const found = new Set<number>();
  const urlTokens = new Set<number>();
  const inside: string[] = [];
  const refuse = (text: string, place: string): void => {
    for (const index of tokensIn(text)) {
      const token = tokens[index]!;
      found.add(index);
      if (token.kind === 'output') throw tokenError(token, `${token.source} cannot stand ${place}`);
    }
  };
  const parser = new Parser({
    onopentagname(name) {
      refuseAll(name, tokens, 'in the name of an element');
      if (FORBIDDEN_ELEMENTS.has(name))
        throw new MarkupError({ element: name }, `<${name}> does not belong into a mail`);
      if (name.startsWith('mj-'))
        throw new MarkupError(
          { element: name },
          `<${name}> is MJML, but there is no <mjml> around it`,
        );
      inside.push(name);
    },
    onclosetag() {
      inside.pop();
    },
    onattribute(name, value, quote) {
      refuseAll(
        name,
        tokens,
        'among the attributes of an element; put the expression inside the quotes of one attribute',
      );
      if (name.startsWith('on'))
        throw new MarkupError(
          { attribute: name },
          `the attribute ${name} does not belong into a mail`,
        );
      for (const index of tokensIn(value)) found.add(index);
      balanced(value, tokens);
      if (!quote) refuse(value, `in the attribute ${name} without quotes`);
      if (NO_DATA_ATTRIBUTES.has(name)) refuse(value, `in the attribute ${name}`);
      if (URL_ATTRIBUTES.has(name))
        for (const index of linkStarts(name, value, tokens)) urlTokens.add(index);
    },
    ontext(text) {
      for (const index of tokensIn(text)) found.add(index);
      const place = inside.find((element) => NO_DATA_INSIDE.has(element));
      if (place) refuse(text, `inside <${place}>`);
    },
    oncomment(text) {
      refuse(
        text,
        'in an HTML comment (MJML writes some for Outlook: a background image, for example)',
      );
    },
    onprocessinginstruction(_, text) {
      refuse(text, 'in a declaration');
    },
  });
  parser.write(html);
  parser.end();
  tokens.forEach((token, index) => {
    if (!found.has(index)) throw tokenError(token, `${token.source} ${DROPPED}`);
  });
  return urlTokens;
}

function refuseAll(text: string, tokens: Token[], place: string): void {
  for (const index of tokensIn(text))
    throw tokenError(tokens[index]!, `${tokens[index]!.source} cannot stand ${place}`);
}

/** A block that opens inside an attribute closes inside it. */
function balanced(value: string, tokens: Token[]): void {
  const open: Token[] = [];
  for (const index of tokensIn(value)) {
    const token = tokens[index]!;
    if (token.kind === 'open') open.push(token);
    else if (token.kind !== 'output' && open.length === 0) throw unbalanced(token);
    else if (token.kind === 'close') open.pop();
  }
  if (open[0]) throw unbalanced(open[0]);
}

function unbalanced(token: Token): TemplateError {
  return tokenError(token, `${token.source} opens or closes in the middle of an attribute`);
}

/** Tokens at the start of a link; what follows a scheme written by the author needs no check. */
function linkStarts(name: string, value: string, tokens: Token[]): number[] {
  const authored = replaceTokens(value, (index) =>
    tokens[index]!.kind === 'output' ? '\u0001' : '\u0002',
  );
  if (
    safeUrl(authored.replace(/[\u0001\u0002]/g, 'x')) ||
    authored === '' ||
    (name === 'href' && authored.startsWith('#'))
  )
    return [];
  const starts: number[] = [];
  // Without the blocks, every alternative begins with a value: each of them is checked when rendered.
  const alternatives = authored.split('\u0002').filter((part) => part.trim() !== '');
  for (const part of alternatives) {
    if (!part.startsWith('\u0001') && !safeUrl(part.replace(/\u0001/g, 'x'))) {
      const link = replaceTokens(value, (index) => tokens[index]!.source);
      throw new MarkupError(
        { link: value },
        `the link "${link}" must begin with https://, http://, mailto: or tel:`,
      );
    }
  }
  const outputs = tokensIn(value).filter((index) => tokens[index]!.kind === 'output');
  const parts = authored.split('\u0002');
  let next = 0;
  for (const part of parts) {
    if (part.startsWith('\u0001')) starts.push(outputs[next]!);
    next += part.split('\u0001').length - 1;
  }
  return starts;
}
