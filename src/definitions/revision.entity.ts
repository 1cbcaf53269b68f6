/** The table `revisions`: one row per apply that changed something; the newest is what ingest and engine obey. */
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { IDENTITY, INSTANT } from '../core/columns.js';
import type { Instant } from '../core/instant.js';
import type { Definition, ProjectDefinition, Reads } from '../language/definitions.js';

export interface Change {
  kind: Definition['kind'];
  name: string;
  change: 'added' | 'changed' | 'removed';
}

@Entity('revisions')
export class Revision {
  @PrimaryGeneratedColumn('identity', IDENTITY)
  id: number;

  @Column({ ...INSTANT, name: 'applied_at' })
  appliedAt: Instant;

  @Column({ type: 'text', name: 'applied_by' })
  appliedBy: string;

  /** What this apply changed. */
  @Column({ type: 'jsonb' })
  summary: Change[];

  /** What ingest must tell the engine of. */
  @Column({ type: 'jsonb' })
  reads: Reads;

  @Column({ type: 'jsonb' })
  project: ProjectDefinition;
}
