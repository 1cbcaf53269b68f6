/** `account.renewal_at`: a path as it is written, where it means a trait of the company. Pure. */
import type { Path } from './definitions.js';

/** The path within the company's traits; null: it is one of the profile's own. */
export function companyPath(path: Path): Path | null {
  return path[0] === 'account' && path.length > 1 ? path.slice(1) : null;
}
