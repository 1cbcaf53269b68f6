/** The table `revisions`: one row per change of what is live; the newest is what ingest and engine obey. */
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { IDENTITY, INSTANT } from '../core/columns.js';
import type { Instant } from '../core/instant.js';
import type { Definition, ProjectDefinition } from '../language/definitions.js';
import type { Reads } from '../language/reads.js';

export interface Change {
  kind: Definition['kind'];
  name: string;
  /** The last three: of campaigns, by hand (campaigns/campaign-states.sql.ts). */
  change: 'added' | 'changed' | 'removed' | 'drained' | 'stopped' | 'opened';
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
