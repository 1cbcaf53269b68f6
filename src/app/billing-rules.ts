/**
 * Secrets of billing systems from the environment. In: text; out: secrets by billing system, or a rule that quotes none of
 * it. Several of one system may hold at once, so that a secret can be replaced without losing a webhook.
 */
import { z } from 'zod';

/** Shorter ones could be guessed, and Stripe's are longer than these. */
const STRIPE = /^whsec_[\w+/=-]{16,}$/;
const SHORTEST = 8;
const NAME = /^[a-z0-9][a-z0-9_-]{0,99}$/;

/** `whsec_a,whsec_b`. */
export const stripeSecrets = z
  .string()
  .transform(split)
  .refine(
    (secrets) => secrets.every((secret) => STRIPE.test(secret)),
    'signing secrets of Stripe as its dashboard shows them, whsec_... with at least 16 letters and digits, separated by commas',
  );

/** `paddle=secret,chargebee=user:password`; a name may come twice. */
export const billingSecrets = z.string().transform((text, context) => {
  const secrets = new Map<string, string[]>();
  for (const part of split(text)) {
    const [, name = '', secret = ''] = /^([^=]*)=(.*)$/.exec(part) ?? [];
    const message = problemOf(name, secret);
    if (message === null) secrets.set(name, [...(secrets.get(name) ?? []), secret]);
    else context.addIssue({ code: 'custom', message });
  }
  return Object.fromEntries(secrets);
});

function problemOf(name: string, secret: string): string | null {
  if (name === 'stripe') return 'without stripe, whose secrets are REKINDLE_STRIPE_SECRETS';
  if (!NAME.test(name))
    return 'name=secret, separated by commas, each name as it stands under billing: in rekindle.yaml';
  return secret.length < SHORTEST ? `secrets of at least ${SHORTEST} characters` : null;
}

function split(text: string): string[] {
  return text.split(',').map((part) => part.trim());
}
