/** Offsets of a text turned into lines and columns, both from 1; columns count UTF-16 units as editors do. */
import type { Position, Range } from '../../core/diagnostic.js';
import type { Span } from './nodes.js';

export class LineIndex {
  private readonly starts: number[] = [0];

  constructor(private readonly text: string) {
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1))
      this.starts.push(at + 1);
  }

  /** The position of an offset; offsets past the end are the end. */
  position(offset: number): Position {
    const at = Math.max(0, Math.min(offset, this.text.length));
    let [low, high] = [0, this.starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.starts[middle]! <= at) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: at - this.starts[low]! + 1 };
  }

  range({ start, end }: Span): Range {
    return { start: this.position(start), end: this.position(Math.max(start, end)) };
  }

  /** The offset of a line and column (from 1); beyond the line's end is its end. */
  offset(line: number, column: number): number {
    const start = this.starts[Math.max(0, Math.min(line, this.starts.length) - 1)]!;
    const next = this.starts[line] ?? this.text.length + 1;
    return Math.max(start, Math.min(start + column - 1, next - 1));
  }
}
