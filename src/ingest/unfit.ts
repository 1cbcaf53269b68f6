/** Stage 1: leaves the reading of an item with the reason why it is refused. */
import type { Problem } from './check-value.js';

export class Unfit extends Error {
  constructor(
    code: Problem['code'],
    detail: string,
    readonly problem: Problem = { code, detail },
  ) {
    super(detail);
  }
}
