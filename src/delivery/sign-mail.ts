/**
 * Delivery (stage 5): DKIM (RFC 6376). In: a mail as it goes over the wire, and the key. Out: the same bytes below one
 * more header. It happens before the gate, so that what the gate gives is what was signed. Invariant: a mail
 * that should be signed never leaves unsigned - the signer answers a key it cannot use with silence.
 */
import { createPrivateKey } from 'node:crypto';
import DKIM from 'nodemailer/lib/dkim';
import type { DkimKey } from '../core/environment.js';

/**
 * What nobody on the way may change unseen: all that RFC 6376, 5.4.1 lists and we write, and what makes one-click
 * unsubscribing trustworthy (RFC 8058, 4: both headers must be covered). nodemailer's own list omits the last three.
 */
const COVERED = [
  'From',
  'Reply-To',
  'Subject',
  'Date',
  'Message-ID',
  'To',
  'MIME-Version',
  'Content-Type',
  'Precedence',
  'Auto-Submitted',
  'List-Id',
  'List-Unsubscribe',
  'List-Unsubscribe-Post',
  'Feedback-ID',
].join(':');

/** RFC 8301, 3.2: verifiers treat shorter signatures as invalid. */
const SHORTEST_BITS = 1_024;

/** Adds the signature on top of a mail; rejects when it cannot. */
export type SignMail = (source: Buffer) => Promise<Buffer>;

/** The signer with this key. Throws when the key is none; parsed once, which is two thirds of the work of a mail. */
export function mailSigner(key: DkimKey): SignMail {
  const signer = new DKIM({
    domainName: key.domain,
    keySelector: key.selector,
    privateKey: createPrivateKey(key.privateKey),
    headerFieldNames: COVERED,
  });
  return async (source) => {
    const chunks: Buffer[] = [];
    for await (const chunk of signer.sign(source)) chunks.push(chunk as Buffer);
    const signed = Buffer.concat(chunks);
    if (!signed.subarray(0, 15).equals(Buffer.from('DKIM-Signature:')))
      throw new Error('the mail could not be signed');
    return signed;
  };
}

/** Why `pem` cannot sign, as the end of "must be ..."; null when it can. Never quotes it. */
export function dkimKeyProblem(pem: string): string | null {
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(pem);
    if (asymmetricKeyType !== 'rsa') return `an RSA key; this one is ${asymmetricKeyType}`;
    const bits = asymmetricKeyDetails?.modulusLength ?? 0;
    return bits < SHORTEST_BITS
      ? `a key of at least ${SHORTEST_BITS} bits, better 2048; this one has ${bits}`
      : null;
  } catch {
    return 'a private key in PEM (-----BEGIN PRIVATE KEY-----) without a password';
  }
}
