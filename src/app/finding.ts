/** What `rekindle doctor` finds of one part of an installation. */
export interface Finding {
  part: 'definitions' | 'database' | 'queue' | 'mail' | 'dns' | 'settings' | 'endpoints';
  /** `unknown`: it could not be asked. */
  state: 'good' | 'bad' | 'unknown';
  says: string;
  /** What to do; null where nothing is. */
  todo: string | null;
}
