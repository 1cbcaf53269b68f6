/**
 * The headers of everything below /console, errors included; the one place. Nothing runs, loads or is sent that is not
 * ours, and nobody frames us. By hand, because they are six and one of the pages (a mail) needs its own.
 */

/** Pages: our own files and nothing inline. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
  "form-action 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'";

export const CONSOLE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  // `no-referrer` would make browsers send `Origin: null` with our own forms.
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

/**
 * A mail as somebody wrote it, in a frame: it may style itself and nothing else. Pictures and fonts from elsewhere would
 * tell their host who looks; they load only when asked for.
 */
export function mailHeaders(pictures: boolean): Record<string, string> {
  const elsewhere = pictures ? ' https: http:' : '';
  return {
    'content-security-policy': `default-src 'none'; style-src 'unsafe-inline'${elsewhere}; img-src data:${elsewhere}; font-src data:${elsewhere}; frame-ancestors 'self'; base-uri 'none'; form-action 'none'; sandbox`,
    'x-frame-options': 'SAMEORIGIN',
    'referrer-policy': 'no-referrer',
  };
}
