/**
 * Passwords of people: scrypt, its parameters stored beside the hash so that they can grow. In: a password; out: a text
 * to store, or whether it is the one. A comparison takes the same time whether the name exists or not.
 */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify<string, Buffer, number, object, Buffer>(scrypt);

/** 32 MB and a fifth of a second (OWASP's password storage cheat sheet, scrypt). */
const COST = { N: 2 ** 15, r: 8, p: 3 };
const MEMORY = 64 * 1024 * 1024;
const BYTES = 32;

/** Shorter ones are guessed; longer ones cost nothing, as scrypt hashes them first. */
export const PASSWORD_LENGTH = { least: 12, most: 200 };

/** 120 random bits in letters and digits that a double click selects. */
export function randomPassword(): string {
  return randomBytes(15).toString('base64url').replaceAll('-', 'x').replaceAll('_', 'y');
}

/** The text to store; tests that log in a lot pay less. */
export async function hashPassword(password: string, cost = COST): Promise<string> {
  const salt = randomBytes(16);
  const { N, r, p } = cost;
  const hash = await derive(normal(password), salt, BYTES, { ...cost, maxmem: MEMORY });
  return ['scrypt', N, r, p, salt.toString('base64url'), hash.toString('base64url')].join('$');
}

let decoy: Promise<string> | undefined;

/** Whether `password` made `stored`; null (no such person) is never true and takes as long. */
export async function checkPassword(password: string, stored: string | null): Promise<boolean> {
  decoy ??= hashPassword(randomPassword());
  const [, N, r, p, salt, hash] = (stored ?? (await decoy)).split('$');
  const expected = Buffer.from(hash!, 'base64url');
  const options = { N: Number(N), r: Number(r), p: Number(p), maxmem: MEMORY };
  const found = await derive(
    normal(password),
    Buffer.from(salt!, 'base64url'),
    expected.length,
    options,
  );
  return timingSafeEqual(found, expected) && stored !== null;
}

/** The same letters typed on two keyboards are the same password. */
function normal(password: string): string {
  return password.normalize('NFKC');
}
