/**
 * The DKIM key from the environment, read and tried at start: a mailer that finds out at its first mail that it
 * cannot sign would have to choose between not sending and sending unsigned. The key itself is never quoted.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { dkimKeyProblem } from '../delivery/sign-mail.js';

/** A path; becomes the PEM that lies there. */
export const dkimKeyFile = z.string().transform((path, context) => {
  const pem = read(resolve(path));
  const message =
    typeof pem === 'string'
      ? dkimKeyProblem(pem)
      : `a file that can be read (${pem.problem}); it holds the private key`;
  if (message !== null) context.addIssue({ code: 'custom', message });
  return typeof pem === 'string' ? pem : '';
});

const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;

/** `d=`: a domain in its ASCII form. */
export const dkimDomain = z
  .string()
  .transform((value) => value.toLowerCase())
  .refine(
    (value) => NAME.test(value) && value.includes('.'),
    'a domain in ASCII, such as mail.example.com',
  );

/** `s=`. */
export const dkimSelector = z
  .string()
  .regex(
    new RegExp(NAME.source, 'i'),
    'the label under which the key is published, such as rekindle1',
  );

function read(path: string): string | { problem: string } {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return { problem: (error as NodeJS.ErrnoException).code ?? 'unreadable' };
  }
}
