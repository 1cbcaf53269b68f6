/**
 * Stage 1: JSON text to values without losing what a number said. `JSON.parse` rounds 12345678901234567890
 * and makes 1e400 infinite before anyone can look (and its source-text access is not in Node 20). So the
 * text is searched first: where a number could be unsafe, each such number becomes a text that
 * `check-value.ts` refuses with the item it stands in. Pure; throws SyntaxError for what is not JSON.
 */

/** How a number that cannot be kept begins, once parsed. The NUL makes any such text refusable. */
export const UNSAFE_NUMBER = '\0number ';

/** A number long enough, or with an exponent large enough, to be worth the closer look. */
const SUSPECT = /(?:^|[[:,\s])-?(?:\d+(?:(?<=\d{16})|(?:\.\d+)?[eE]\+?\d{3})|[\d.]{16,}[eE])/;

/** Strings whole (what is in them is no number), then numbers. For text that is known to be JSON. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** Parses `text`; numbers beyond 2^53 (written out) or 1e308 become texts that begin with `UNSAFE_NUMBER`. */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (!SUSPECT.test(text)) return value;
  let unsafe = false;
  const marked = text.replace(TOKENS, (token) => {
    if (token.startsWith('"') || isSafe(token)) return token;
    unsafe = true;
    return JSON.stringify(UNSAFE_NUMBER + token.slice(0, 40));
  });
  return unsafe ? JSON.parse(marked) : value;
}

function isSafe(token: string): boolean {
  const size = Math.abs(Number(token));
  if (size <= Number.MAX_SAFE_INTEGER) return true;
  const [mantissa, exponent] = token.toLowerCase().split('e');
  // 1e22 says one digit of itself, and that one is kept; a double keeps fifteen of any number.
  return (
    exponent !== undefined && size <= 1e308 && mantissa!.replace(/^-?[0.]*|\./g, '').length <= 15
  );
}
