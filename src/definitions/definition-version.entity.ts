/**
 * The tables `definition_versions` and `live_definitions`. A version is immutable: inserted by apply, read
 * by whoever is pinned to it; what is live points at one version per kind and name.
 */
import {
  Column,
  Entity,
  JoinColumn,
  ManyToOne,
  PrimaryColumn,
  PrimaryGeneratedColumn,
} from 'typeorm';
import { IDENTITY, INSTANT } from '../core/columns.js';
import type { Instant } from '../core/instant.js';
import type { Definition } from '../language/definitions.js';

@Entity('definition_versions')
export class DefinitionVersion {
  @PrimaryGeneratedColumn('identity', IDENTITY)
  id: number;

  @Column({ type: 'text' })
  kind: Definition['kind'];

  @Column({ type: 'text' })
  name: string;

  /** 1, 2, ... per kind and name. */
  @Column({ type: 'integer' })
  version: number;

  /** Of the definition with sorted keys: equal definitions are one version. */
  @Column({ type: 'text' })
  hash: string;

  /** What the author wrote. */
  @Column({ type: 'text' })
  source: string;

  @Column({ type: 'jsonb' })
  definition: Definition;

  @Column({ ...INSTANT, name: 'created_at' })
  createdAt: Instant;
}

@Entity('live_definitions')
export class LiveDefinition {
  @PrimaryColumn({ type: 'text' })
  kind: Definition['kind'];

  @PrimaryColumn({ type: 'text' })
  name: string;

  @Column({ type: 'bigint', name: 'version_id' })
  versionId: number;

  @ManyToOne(() => DefinitionVersion, { nullable: false })
  @JoinColumn({ name: 'version_id' })
  version: DefinitionVersion;
}
