/**
 * Stage 1, CSV import: the tables `imports` (how far each file has come) and `import_errors` (its refused
 * rows). The chunks write both in SQL, in the transaction of their rows; what reads them goes through here.
 */
import { Column, Entity, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';
import { IDENTITY, INSTANT } from '../core/columns.js';
import type { Instant } from '../core/instant.js';

@Entity('imports')
export class Import {
  @PrimaryGeneratedColumn('identity', IDENTITY)
  id: number;

  /** Of the file's bytes and the mapping: the same command again goes on where it stopped. */
  @Column({ type: 'text', unique: true })
  fingerprint: string;

  /** The file's name, for people. */
  @Column({ type: 'text' })
  file: string;

  @Column({ type: 'bigint', name: 'lines_done', default: 0 })
  linesDone: number;

  @Column({ type: 'bigint', name: 'rows_stored', default: 0 })
  rowsStored: number;

  @Column({ type: 'bigint', name: 'rows_duplicate', default: 0 })
  rowsDuplicate: number;

  @Column({ type: 'bigint', name: 'rows_refused', default: 0 })
  rowsRefused: number;

  @Column({ ...INSTANT, name: 'started_at' })
  startedAt: Instant;

  @Column({ ...INSTANT, name: 'finished_at', nullable: true })
  finishedAt: Instant | null;
}

@Entity('import_errors')
export class ImportError {
  @PrimaryColumn({ type: 'bigint', name: 'import_id' })
  importId: number;

  @PrimaryColumn({ type: 'bigint' })
  line: number;

  @Column({ type: 'text' })
  detail: string;
}
