/** Stage 1: the table `api_keys`. A row is found by its prefix and never changed but for its two dates. */
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { IDENTITY, INSTANT } from '../core/columns.js';
import type { Instant } from '../core/instant.js';

export const SCOPES = ['ingest', 'read', 'manage', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

@Entity('api_keys')
export class StoredApiKey {
  @PrimaryGeneratedColumn('identity', IDENTITY)
  id: number;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text', unique: true })
  prefix: string;

  /** sha256 of the whole key. */
  @Column({ type: 'bytea' })
  hash: Buffer;

  @Column({ type: 'text', array: true })
  scopes: Scope[];

  @Column({ ...INSTANT, name: 'created_at' })
  createdAt: Instant;

  @Column({ ...INSTANT, name: 'last_used_at', nullable: true })
  lastUsedAt: Instant | null;

  @Column({ ...INSTANT, name: 'revoked_at', nullable: true })
  revokedAt: Instant | null;
}
