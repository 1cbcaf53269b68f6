/**
 * Messages, stage 4: the one address of a profile. nodemailer's parser reads it as a mail program would,
 * then only the form that every server accepts passes: exactly one mailbox, no display name, no comment, no
 * group, nothing that could add a recipient or a header.
 */
import addressparser from 'nodemailer/lib/addressparser';

const LOCAL =
  /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\uffff-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\uffff-]+)*$/;
const LABEL =
  /^[A-Za-z0-9\u0080-\uffff](?:[A-Za-z0-9\u0080-\uffff-]{0,61}[A-Za-z0-9\u0080-\uffff])?$/;

/** The address in `value` as it is to be used, or null: missing, more than one, or not an address. */
export function parseAddress(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > 254) return null;
  const written = value.trim();
  if (/[\s\p{C}<>()[\]\\,;:"]/u.test(written)) return null;
  const parsed = addressparser(written);
  if (parsed.length !== 1 || parsed[0]!.address !== written) return null;
  const at = written.lastIndexOf('@');
  const domain = written.slice(at + 1);
  const labels = domain.split('.');
  const valid =
    at > 0 &&
    at <= 64 &&
    LOCAL.test(written.slice(0, at)) &&
    labels.length >= 2 &&
    labels.every((label) => LABEL.test(label)) &&
    !/^\d+$/.test(labels.at(-1)!);
  return valid ? written : null;
}
