/** Steps that a test expects mails of, and that the campaign does not have. */
import type { CampaignDefinition } from '../definitions.js';
import type { Reading } from '../reading.js';
import type { TestFile } from '../tests/test-definitions.js';
import { suggest } from '../words.js';

interface Known {
  definition: CampaignDefinition;
}

/** An unknown campaign is reported as such. */
export function checkTestSteps(
  reading: Reading,
  file: TestFile,
  campaigns: readonly Known[],
): void {
  const known = campaigns.find(({ definition }) => definition.id === file.campaign);
  if (!known) return;
  const steps = idsIn(known.definition.steps);
  const expected = file.tests.flatMap(({ timeline }) => timeline.flatMap(({ expect }) => expect));
  for (const one of expected) {
    if ((one.kind !== 'sends' && one.kind !== 'skips') || steps.includes(one.step)) continue;
    const message = `${file.campaign} has no step \`${one.step}\``;
    reading.error('RK702', reading.placeOf(one), message, () => suggest(one.step, steps, 'steps'));
  }
}

/** The ids of all steps, however deep they lie in others. */
function idsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(idsIn);
  if (typeof value !== 'object' || value === null) return [];
  const own = 'kind' in value && 'id' in value && typeof value.id === 'string' ? [value.id] : [];
  return [...own, ...Object.values(value).flatMap(idsIn)];
}
