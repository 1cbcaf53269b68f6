/** What rekindle.yaml says of billing systems, checked: how their webhooks are told apart, and what is taken of them. */

/** Leads into the body. */
type Path = string[];

/** Billing systems whose webhooks come in; Stripe's mapping is built in. */
export interface Billing {
  /** Where Stripe's objects name the application's user; null = the usual keys of metadata. */
  stripeUser: Path | null;
  /** By name: the last part of the address they are sent to. */
  sources: Record<string, BillingSource>;
}

/** How one billing system signs, and what is taken of what it sends. Paths lead into the body. */
export interface BillingSource {
  signature: BillingSignature;
  /** The webhook's unique id; null = the header of standard-webhooks, else the hash of the body. */
  id: Path | null;
  type: Path;
  /** When it happened: ISO 8601, or seconds or milliseconds since 1970. */
  at: Path;
  /** `user` is the application's id, `anonymous` the billing system's own; one of them at least. */
  profile: { user: Path | null; anonymous: Path | null; email: Path | null };
  /** By the webhook's type. */
  events: Record<string, BillingEvent>;
}

export type BillingSignature =
  | { scheme: 'basic' | 'standard-webhooks' }
  | {
      scheme: 'hmac-sha256';
      /** Lower-case. */
      header: string;
      encoding: 'hex' | 'base64';
      /** What parts of the header stand between; null = it is one part. */
      separator: string | null;
      /** How the part with the signature begins. */
      prefix: string;
      /** Signed in front of the body; null = the body alone is signed. */
      timestamp: { from: { header: string } | { prefix: string }; joinedBy: string } | null;
    };

export interface BillingEvent {
  /** Null: it states traits only. */
  event: string | null;
  properties: Record<string, BillingValue>;
  traits: Record<string, BillingValue>;
}

/** A value out of the body; what is not there says nothing. */
export type BillingValue =
  | { kind: 'path'; path: Path }
  /** An amount in the smallest unit of a currency; the value is in its main unit. */
  | { kind: 'money'; minor: Path; currency: Path }
  /** An instant, as ISO 8601. */
  | { kind: 'time'; time: Path }
  /** The last day of a month, as a date. */
  | { kind: 'month'; month: Path; year: Path }
  | { kind: 'value'; value: string | number | boolean }
  /** `card.brand` and `card.last4` are one trait. */
  | { kind: 'fields'; fields: Record<string, BillingValue> };
