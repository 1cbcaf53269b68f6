/** The shapes of the step that writes to a colleague about a profile; `Value` is a value that a step sends along. */

/** Whom a notice goes to: an address of the author's, or one that data names; `otherwise` where they name none. */
export type NoticeTo =
  | { kind: 'address'; address: string }
  | { kind: 'trait'; of: 'profile' | 'account'; path: string[]; otherwise: string | null };

export interface NotifyBody<Value> {
  kind: 'notify';
  template: string;
  to: NoticeTo;
  /** What the template reads as `with`. */
  with?: Record<string, Value>;
}
