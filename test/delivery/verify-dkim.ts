/**
 * A verifier of DKIM signatures, written from RFC 6376 and with node:crypto alone, so that it shares nothing with the
 * signer. Relaxed canonicalisation and rsa-sha256, which is all we write.
 */
import { createHash, createVerify } from 'node:crypto';

export interface Verified {
  valid: boolean;
  domain: string;
  selector: string;
  /** Names in `h=`, in lower case. */
  covered: string[];
}

/** Checks the topmost signature of `mail` against a public key in PEM. */
export function verifyDkim(mail: string, publicKey: string): Verified {
  const split = mail.indexOf('\r\n\r\n');
  const headers = mail
    .slice(0, split)
    .split(/\r\n(?![ \t])/)
    .map((line) => ({ name: line.slice(0, line.indexOf(':')).toLowerCase().trim(), line }));
  const signature = headers.find(({ name }) => name === 'dkim-signature');
  if (!signature) throw new Error('the mail is not signed');
  const tags = new Map(
    signature.line
      .slice(signature.line.indexOf(':') + 1)
      .split(';')
      .map((tag) => {
        const [name = '', ...value] = tag.split('=');
        return [name.trim(), value.join('=').replace(/\s+/g, '')] as const;
      }),
  );
  const covered = tags.get('h')!.toLowerCase().split(':');
  const left = headers.filter((header) => header !== signature);
  const signed = covered.flatMap((name) => {
    const at = left.findLastIndex((header) => header.name === name);
    return at < 0 ? [] : left.splice(at, 1).map(({ line }) => `${relaxed(line)}\r\n`);
  });
  const unsigned = relaxed(signature.line).replace(/(^|;)(\s*b=)[^;]*/, '$1$2');
  const verifier = createVerify('RSA-SHA256');
  verifier.update(signed.join('') + unsigned);
  const bodyHash = createHash('sha256')
    .update(relaxedBody(mail.slice(split + 4)))
    .digest('base64');
  return {
    valid: bodyHash === tags.get('bh') && verifier.verify(publicKey, tags.get('b')!, 'base64'),
    domain: tags.get('d')!,
    selector: tags.get('s')!,
    covered,
  };
}

/** RFC 6376, 3.4.2. */
function relaxed(line: string): string {
  const colon = line.indexOf(':');
  const value = line
    .slice(colon + 1)
    .replace(/\r\n/g, '')
    .replace(/[ \t]+/g, ' ')
    .trim();
  return `${line.slice(0, colon).toLowerCase().trim()}:${value}`;
}

/** RFC 6376, 3.4.4. */
function relaxedBody(body: string): string {
  const lines = body.split('\r\n').map((line) => line.replace(/[ \t]+/g, ' ').replace(/ $/, ''));
  const text = lines.join('\r\n').replace(/(\r\n)*$/, '');
  return text === '' ? '' : `${text}\r\n`;
}
