/** Texts, names, words and paths: taken from the scalar's source, so that `00001` and `NO` stay what was written. */
import type { Path } from '../definitions.js';
import type { Reading } from '../reading.js';
import type { Node, TextNode } from '../syntax/nodes.js';
import { oddQuotesAround } from '../odd-characters.js';
import { quoted, suggest } from '../words.js';

/** A text that is not blank. */
export function readText(reading: Reading, node: Node, what: string): string | undefined {
  const text = reading.asText(node, what);
  if (!text) return undefined;
  if (text.text.trim() === '')
    return reading.error(
      'RK004',
      text,
      `${what} has an empty value`,
      'give it a value or remove the key',
    );
  return text.text;
}

/** One line of text: what goes into a header or a list. */
export function readLine(reading: Reading, node: Node, what: string): string | undefined {
  const text = readText(reading, node, what);
  if (text === undefined) return undefined;
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(text.trim()))
    return reading.error(
      'RK011',
      node,
      `${what} is one line of text`,
      'remove line breaks and control characters',
    );
  return text.trim();
}

/** A text for people. */
export function readProse(reading: Reading, node: Node, what: string): string | undefined {
  warnOfQuotes(reading, node);
  return readText(reading, node, what);
}

/** One line of text for people. */
export function readProseLine(reading: Reading, node: Node, what: string): string | undefined {
  warnOfQuotes(reading, node);
  return readLine(reading, node, what);
}

/** A whole text in curly quotes and no others: to YAML they are letters of it, and the mail would show them. */
function warnOfQuotes(reading: Reading, node: Node): void {
  const text = node.kind === 'text' && node.plain ? node.text : '';
  const around = oddQuotesAround(text);
  if (!around) return;
  const { opening, closing } = around;
  const inside = text.slice(1, -1).trim();
  reading.warn(
    'RK013',
    node,
    `the quotes \`${opening}…${closing}\` around the text are part of it`,
    `write ${quoted(inside)}; if people shall see them, ${quoted(text)}`,
  );
}

/** One of a few words. */
export function readChoice<W extends string>(
  reading: Reading,
  node: Node,
  what: string,
  words: readonly W[],
): W | undefined {
  const text = reading.asText(node, what);
  if (!text) return undefined;
  const found = words.find((word) => word === text.text);
  return (
    found ??
    reading.error(
      'RK207',
      text,
      `${what} cannot be \`${text.text}\``,
      suggest(text.text, words, 'it is one of'),
    )
  );
}

/** `true` or `false`, unquoted. */
export function readBoolean(reading: Reading, node: Node, what: string): boolean | undefined {
  const text = reading.asText(node, what);
  if (!text) return undefined;
  if (text.plain && /^(?:true|True|TRUE)$/.test(text.text)) return true;
  if (text.plain && /^(?:false|False|FALSE)$/.test(text.text)) return false;
  return reading.error(
    'RK207',
    text,
    `${what} is true or false, not \`${text.text}\``,
    'write true or false, without quotes',
  );
}

/** A key that only says something by being there, `never: true`; `opposite` is what to write instead of false. */
export function readTrue(
  reading: Reading,
  node: Node,
  key: string,
  opposite: string,
): true | undefined {
  const value = readBoolean(reading, node, `\`${key}:\``);
  if (value === false)
    return reading.error('RK207', node, `\`${key}: false\` says nothing`, opposite);
  return value;
}

const NAME = /^[a-z0-9][a-z0-9_-]*$/;
const SLASHED_NAME = /^[a-z0-9][a-z0-9_-]*(?:\/[a-z0-9][a-z0-9_-]*)*$/;
const UNUSABLE = new Set(['__proto__', 'constructor', 'prototype']);

/** An id or a name of ours: lower-case letters, digits, `-` and `_`; `slashes` allows `win-back/offer`. */
export function isName(text: string, slashes = false): boolean {
  return (
    text.length <= 100 &&
    (slashes ? SLASHED_NAME : NAME).test(text) &&
    !text.split('/').some((word) => UNUSABLE.has(word))
  );
}

/** A name of ours used or given in a definition. */
export function readName(
  reading: Reading,
  node: Node,
  what: string,
  slashes = false,
): TextNode | undefined {
  const text = reading.asText(node, what);
  if (!text) return undefined;
  if (isName(text.text, slashes)) return text;
  return reading.error(
    'RK106',
    text,
    `${what} cannot be called \`${text.text}\``,
    'names are lower-case letters, digits, - and _, at most 100',
  );
}

/** The name of an event as applications send it: any one line of text. */
export function readEventName(reading: Reading, node: Node): string | undefined {
  const text = readLine(reading, node, 'the name of an event');
  if (text === undefined || reading.refuseOdd(node)) return undefined;
  if (text.startsWith('$')) {
    return reading.error(
      'RK307',
      node,
      `\`${text}\` is an event of the engine's own`,
      'say it as a condition: message:, campaign:, topic: or trait: with changed:',
    );
  }
  return text.length <= 200
    ? text
    : reading.error(
        'RK106',
        node,
        'the name of an event has at most 200 characters',
        'write the name as your application sends it',
      );
}

/** `card.expires_on` -> `['card', 'expires_on']`. */
export function readPath(reading: Reading, node: Node, what: string): Path | undefined {
  const text = readLine(reading, node, what);
  const path = text === undefined ? undefined : pathOf(reading, text, node);
  return path && reading.placed(path, node);
}

/** The path a key names (in `where:` the property is the key). */
export function pathOf(
  reading: Reading,
  text: string,
  at: { start: number; end: number },
): Path | undefined {
  if (reading.refuseOdd(at)) return undefined;
  const path = text.split('.');
  if (
    path.some((part) => part === '' || UNUSABLE.has(part)) ||
    path.length > 10 ||
    text.length > 200
  ) {
    return reading.error(
      'RK208',
      at,
      `\`${text}\` is not a path`,
      'names joined by dots, at most ten: card.expires_on',
    );
  }
  return path;
}
