/** Numbers, and scalars whose kind decides a comparison: a number, a truth value or a text. */
import type { Scalar } from '../definitions.js';
import type { Reading } from '../reading.js';
import type { Node, TextNode } from '../syntax/nodes.js';

/** Anything YAML 1.1, 1.2 or a reader might take for a number. */
const NUMBER_LIKE =
  /^[-+]?(?:\.?\d[\d_]*(?:\.[\d_]*)?(?:[eE][-+]?\d+)?|0x[\da-fA-F]+|0o[0-7]+|0b[01]+|\.inf|\.Inf|\.INF)$|^\.(?:nan|NaN|NAN)$/;

/** The number a plain scalar is, when it is written the way numbers are and survives a round trip. */
function exactNumber(text: string): number | null {
  if (!/^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(text)) return null;
  const value = Number(text);
  return Number.isFinite(value) &&
    Math.abs(value) <= Number.MAX_SAFE_INTEGER &&
    String(value) === text
    ? value
    : null;
}

/**
 * A number, for tests that can only be about numbers: `20.50` is 20.5 here. Rounding and exponents are refused,
 * and so is `1.200`, which is 1200 where thousands are grouped by dots. `meant`: the help for what is not a number, where its
 * place knows better.
 */
export function readNumber(
  reading: Reading,
  node: Node,
  what: string,
  meant?: string,
): number | undefined {
  const text = reading.asText(node, what);
  if (!text) return undefined;
  if (text.plain && /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(text.text)) {
    if (/\.\d{2,}0$/.test(text.text))
      return reading.error('RK008', text, ...trailingZeros(text.text));
    const value = Number(text.text);
    const digits = text.text.replace(/^-?0*\.?0*|\./g, '').length;
    if (Math.abs(value) <= Number.MAX_SAFE_INTEGER && digits <= 15) return value;
    return reading.error(
      'RK203',
      text,
      `${text.text} has more digits than a number keeps`,
      'at most 15 digits',
    );
  }
  const help =
    meant ??
    timesHelp(text.text) ??
    numberHelp(text.text) ??
    (text.plain ? 'write digits, with a point for decimals: 20 or 19.9' : 'leave the quotes out');
  return reading.error('RK203', text, `${what} is a number, not \`${text.text}\``, help);
}

/** `3 times`, `3x`. */
function timesHelp(text: string): string | undefined {
  const count = /^(\d+) ?(?:times?|x|\u00d7)$/i.exec(text)?.[1];
  return count && `write ${count}`;
}

/** What `1.200` is, and the two ways to write what may be meant. */
function trailingZeros(text: string): [message: string, help: string] {
  const value = Number(text);
  const grouped = /^-?[1-9]\d{0,2}(?:\.\d{3})+$/.test(text) ? text.replaceAll('.', '') : null;
  return [`${text} is ${value}`, `write ${value}${grouped ? ` or ${grouped}` : ''}`];
}

/** How to write a number with a decimal comma or grouped thousands; undefined for what is neither. */
export function numberHelp(text: string): string | undefined {
  const bare = text.replaceAll(/[_ \u00a0\u202f'\u2019]/g, '');
  const plain = (number: string): boolean => /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(number);
  if (/^-?[1-9]\d{0,2},\d{3}$/.test(bare))
    return `write ${bare.replace(',', '')} or ${Number(bare.replace(',', '.'))}`;
  const lastDot = bare.lastIndexOf('.');
  const lastComma = bare.lastIndexOf(',');
  const oneComma = lastComma > lastDot && bare.indexOf(',') === lastComma;
  const decimal = oneComma || bare.indexOf('.') < lastDot ? ',' : '.';
  const grouping = decimal === ',' ? '.' : ',';
  const number = bare.replaceAll(grouping, '').replace(decimal, '.');
  if (number === text || !plain(number)) return undefined;
  return `write ${/\.\d{2,}0$/.test(number) ? Number(number) : number}`;
}

/** A whole number from `least` on. */
export function readWhole(
  reading: Reading,
  node: Node,
  what: string,
  least = 0,
): number | undefined {
  const value = readNumber(reading, node, what);
  if (value === undefined) return undefined;
  if (!Number.isInteger(value) || value < least)
    return reading.error(
      'RK203',
      node,
      `${what} is a whole number of at least ${least}, not ${value}`,
      `write ${Math.max(least, Math.round(value))}`,
    );
  return value;
}

/**
 * The value of a comparison. Quoted: a text. Plain: a truth value, a number, else a text; a number that would
 * not be what was written (`08901`, `1.10`, `1e3`, 20 digits) is refused, because either reading surprises.
 */
export function readScalar(reading: Reading, node: Node, what: string): Scalar | undefined {
  if (node.kind === 'list')
    return reading.error(
      'RK100',
      node,
      `${what} is one value, but this is a list`,
      'say in: for one of several',
    );
  const text = reading.asText(node, what);
  return text && scalarOf(reading, text);
}

function scalarOf(reading: Reading, node: TextNode): Scalar | undefined {
  const { text, plain } = node;
  if (!plain) return text;
  if (/^(?:true|True|TRUE)$/.test(text)) return true;
  if (/^(?:false|False|FALSE)$/.test(text)) return false;
  if (/^(?:yes|no|on|off|y|n)$/i.test(text)) {
    reading.warn(
      'RK009',
      node,
      `\`${text}\` is the text "${text}" here, not true or false`,
      `write '${text}' if text is meant, else true or false`,
    );
    return text;
  }
  const value = exactNumber(text);
  if (value !== null) return value;
  if (!NUMBER_LIKE.test(text)) return reading.refuseOdd(node) ? undefined : text;
  const read = Number(text.replaceAll('_', ''));
  if (/^-?(?:0|[1-9]\d*)\.\d{2,}0$/.test(text)) {
    const [message, help] = trailingZeros(text);
    return reading.error('RK008', node, message, `${help}, or '${text}' for the text`);
  }
  return Number.isFinite(read)
    ? reading.error(
        'RK008',
        node,
        `${text} is the number ${read}`,
        `write '${text}' for the text or ${read} for the number`,
      )
    : reading.error(
        'RK008',
        node,
        `${text} is read as a number by some tools`,
        `write '${text}' for the text`,
      );
}
