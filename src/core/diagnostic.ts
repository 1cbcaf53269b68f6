/**
 * What is wrong with a definition, for the person who wrote it (design.md, Errors 1). Collected, never
 * thrown; printed with a code frame by `language/print-diagnostics.ts`, as JSON with `--json`.
 */
export interface Diagnostic {
  /** Stable code, `RK` and three digits; one page each in `docs/diagnostics/`. */
  code: string;
  severity: 'error' | 'warning';
  /** Path as the author knows it, e.g. `config/campaigns/win-back.yaml`. */
  file: string;
  range: Range;
  /** What is wrong, one sentence. */
  message: string;
  /** What to do about it. */
  help?: string;
}

/** Positions are 1-based; `end` is exclusive. */
export interface Range {
  start: Position;
  end: Position;
}

export interface Position {
  line: number;
  column: number;
}
