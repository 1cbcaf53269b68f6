/**
 * `rekindle doctor`: can the endpoints of rekindle.yaml be called from here? In: them, the secrets at hand, what the operator
 * allows. Out: a finding for each that cannot, or one for all. Where names lead is seen at each call. Pure.
 */
import type { Environment } from '../core/environment.js';
import type { Endpoint } from '../language/project/project-shapes.js';
import type { AddressGuard } from '../webhooks/address-guard.js';
import { decideUrl } from '../webhooks/decide-url.js';
import type { Finding } from './finding.js';

export function examineEndpoints(
  endpoints: Readonly<Record<string, Endpoint>>,
  secrets: Environment['endpointSecrets'],
  guard: AddressGuard,
): Finding[] {
  const findings = Object.entries(endpoints).flatMap(([name, endpoint]): Finding[] => {
    const { url } = endpoint;
    const variable = missingSecret(endpoint, secrets);
    const judged = decideUrl(url, guard);
    return [
      ...('problem' in judged
        ? [
            bad(
              `calls of ${name} will be refused: ${judged.problem}`,
              'set it where the mailer runs, or give a public address',
            ),
          ]
        : []),
      ...(variable !== null
        ? [
            bad(
              `calls of ${name} wait: ${variable} holds no secret`,
              `set ${variable}=whsec_... where the mailer runs`,
            ),
          ]
        : []),
    ];
  });
  const count = Object.keys(endpoints).length;
  if (findings.length > 0 || count === 0) return findings;
  return [
    { part: 'endpoints', state: 'good', says: `${count} can be called from here`, todo: null },
  ];
}

/** For whoever writes the definitions: the endpoints whose calls would wait, by the secrets at hand; the server's may be others. */
export function describeMissingSecrets(
  endpoints: Readonly<Record<string, Endpoint>> = {},
  secrets: Environment['endpointSecrets'],
): string[] {
  return Object.entries(endpoints).flatMap(([name, endpoint]) => {
    const variable = missingSecret(endpoint, secrets);
    if (variable === null) return [];
    return `calls of ${name} wait until ${variable} holds a secret (whsec_...) where the mailer runs; here it holds none`;
  });
}

/** The variable of an endpoint that holds no usable secret here; null: none is missing. */
function missingSecret(
  { secret }: Endpoint,
  secrets: Environment['endpointSecrets'],
): string | null {
  const variable = secret?.replace(/^env:/, '');
  return variable === undefined || Object.hasOwn(secrets, variable) ? null : variable;
}

function bad(says: string, todo: string): Finding {
  return { part: 'endpoints', state: 'bad', says, todo };
}
