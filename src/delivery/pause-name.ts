/** Delivery (stage 5), for ops: what somebody wants to pause, in the form that claims compare. Pure. */
import { domainToASCII } from 'node:url';
import { HttpProblem } from '../core/http-problem.js';
import type { PauseScope } from './pauses.sql.js';

/** Scope and name as `pauses` holds them. Throws 422 for a name that is missing, too much, or no domain. */
export function pauseName({ scope, name = '' }: { scope: PauseScope; name?: string | undefined }): {
  scope: PauseScope;
  name: string;
} {
  if (scope === 'all' && name !== '') throw new HttpProblem(422, 'all has no name');
  if (scope !== 'all' && name === '') throw new HttpProblem(422, `name the ${scope}`);
  if (scope !== 'domain') return { scope, name };
  const domain = domainToASCII(name);
  if (domain === '') throw new HttpProblem(422, 'name is not a domain, as example.com is');
  return { scope, name: domain };
}
