/** Invented people and what they do, for the demo and for campaign tests: what invented-recording.sql.ts writes down. */
import type { Instant } from '../core/instant.js';

export interface InventedProfile {
  id: number;
  userId: string;
  /** As they are when the profile appears or virtual time begins, whichever is later. */
  traits: Record<string, unknown>;
  zone: string | null;
  /** Number of an account in `accounts`. */
  accountId: number | null;
  joinedAt: Instant;
}

export interface InventedEvent {
  profileId: number;
  name: string;
  at: Instant;
  properties: Record<string, unknown>;
}

export interface InventedTraitChange {
  profileId: number;
  trait: string;
  /** Undefined: the trait was not there, or is removed. */
  before: unknown;
  after: unknown;
  at: Instant;
}

interface InventedAccountChange extends Omit<InventedTraitChange, 'profileId'> {
  accountId: number;
}

/** What somebody says of a topic; `*` = any. */
export interface InventedConsent {
  profileId: number;
  topic: string;
  subscribed: boolean;
  at: Instant;
  source: string;
  /** The first instant at which it is looked at: a window of virtual time begins there. */
  countsFrom: Instant;
}

/** An address that mail came back from. */
export interface InventedSuppression {
  address: string;
  at: Instant;
  countsFrom: Instant;
}

export interface Population {
  profiles: InventedProfile[];
  accounts: { id: number; externalId: string; traits: Record<string, unknown> }[];
  accountChanges: InventedAccountChange[];
  /** In order of time. */
  events: InventedEvent[];
  traitChanges: InventedTraitChange[];
  consents: InventedConsent[];
  suppressions: InventedSuppression[];
}
