/**
 * The environment as the stages see it: parsed once at start by app/environment.ts, provided as
 * `ENVIRONMENT`. Nobody else reads process.env.
 */
export const ROLES = ['api', 'engine', 'mailer'] as const;
export type Role = (typeof ROLES)[number];

/** The key that vouches for our mails (RFC 6376). */
export interface DkimKey {
  /** `d=`: for DMARC the senders' own domain or one above it. */
  domain: string;
  /** `s=`: the key is published at `<selector>._domainkey.<domain>`. */
  selector: string;
  /** PEM. */
  privateKey: string;
}

export interface Environment {
  /** Null: the embedded server in `home`. */
  databaseUrl: string | null;
  /** Null: wake-ups travel through PostgreSQL. */
  redisUrl: string | null;
  /** Null: mail goes to the dev mailbox, nothing leaves. */
  smtpUrl: string | null;
  /** Somebody asked for the dev mailbox in words. */
  devMailboxWanted: boolean;
  /** Folder of the embedded server; absolute. */
  home: string;
  /** The workspace. */
  schema: string;
  host: string;
  /** Null: this process does not listen. 0: any free port. */
  port: number | null;
  /** What this process does, in order of ROLES, at least one. */
  roles: Role[];
  /** Folders of definitions and templates; absolute. */
  config: string;
  templates: string;
  /** `strict`: the start refuses a server that may lose acknowledged commits. `relaxed`: it only warns. */
  durability: 'strict' | 'relaxed';
  /** `refuse`: the start refuses a schema that a newer version has migrated. */
  newerSchema: 'refuse' | 'accept';
  /** SMTP connections of this process at once. */
  mailConnections: number;
  /** How long a stop waits for mails that are on the wire, in ms. */
  drainMs: number;
  /** Addresses and networks that webhooks may go to though they are not public, and by http. */
  webhookAllow: string[];
  /** Signs every mail; null: mails go unsigned. */
  dkim: DkimKey | null;
  /** How many test mails and copies may be asked for within an hour. */
  copyLimits: { perActor: number; perAddress: number };
  /** Where recipients reach the unsubscribe page, without a slash at the end. */
  publicUrl: string;
  /** Addresses and networks whose `X-Forwarded-*` are believed; empty: nobody's. */
  trustedProxies: string[];
  /** Nobody said so: it is where an api on this machine would listen. */
  publicUrlIsGuessed: boolean;
  /** Secrets `whsec_...` of endpoints that rekindle.yaml calls, by the name of whatever variable holds them. */
  endpointSecrets: Readonly<Record<string, readonly string[]>>;
  /** By billing system, `stripe` or a name of rekindle.yaml: what its webhooks are signed with, any of several. */
  billingSecrets: Readonly<Record<string, readonly string[]>>;
}
