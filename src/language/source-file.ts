/** What the language reads: files as text, already classified by where they lie. No I/O here. */

export type SourceKind =
  | 'project'
  | 'segment'
  | 'campaign'
  | 'test'
  | 'score'
  | 'template'
  | 'layout'
  | 'partial'
  | 'text'
  /** Lies in the configuration and is none of the above. */
  | 'unknown';

export interface SourceFile {
  /** As the author knows it, `config/campaigns/win-back.yaml`. */
  path: string;
  kind: SourceKind;
  /** Path inside its folder without extension and locale: `win-back`, `win-back/offer`. */
  id: string;
  /** Templates only: the locale of `offer.ru.mjml`, absent without one. */
  locale?: string;
  /** Templates, layouts and partials only. */
  format?: 'mjml' | 'html';
  /** A symbolic link that could not be followed, `to /etc/passwd leads out of the folder`; it has no text. */
  link?: string;
  text: string;
}
