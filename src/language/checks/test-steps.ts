/** Steps that a test expects mails of, and ways of splits, that the campaign does not have. */
import type { CampaignDefinition, Step } from '../definitions.js';
import type { Reading } from '../reading.js';
import { allSteps } from '../steps.js';
import type { TestFile } from '../tests/test-definitions.js';
import { suggest } from '../words.js';

interface Known {
  definition: CampaignDefinition;
  reading: Reading;
}

/** An unknown campaign is reported as such; one that is wrong is mended first, then its steps are known. */
export function checkTestSteps(
  reading: Reading,
  file: TestFile,
  campaigns: readonly Known[],
): void {
  const known = campaigns.find(({ definition }) => definition.id === file.campaign);
  if (!known || known.reading.hasErrors) return;
  const steps = allSteps(known.definition.steps).map(({ id }) => id);
  const expected = file.tests.flatMap(({ timeline }) => timeline.flatMap(({ expect }) => expect));
  for (const one of expected) {
    if ((one.kind !== 'sends' && one.kind !== 'skips') || steps.includes(one.step)) continue;
    const message = `${file.campaign} has no step \`${one.step}\``;
    reading.error('RK702', reading.placeOf(one), message, () => suggest(one.step, steps, 'steps'));
  }
  const splits = allSteps(known.definition.steps).filter((step) => step.kind === 'split');
  const profiles = file.tests.flatMap((test) => Object.values(test.profiles));
  for (const { arms } of profiles) checkArms(reading, file.campaign, arms, splits);
}

/** Ways of splits that the campaign does not have. */
function checkArms(
  reading: Reading,
  campaign: string,
  arms: Record<string, string>,
  splits: readonly SplitStep[],
): void {
  for (const [id, arm] of Object.entries(arms)) {
    const split = splits.find((step) => step.id === id);
    const names = split ? split.arms.map(({ name }) => name) : splits.map((step) => step.id);
    if (names.includes(split ? arm : id)) continue;
    const what = split
      ? `the split ${id} has no arm \`${arm}\``
      : `${campaign} has no split \`${id}\``;
    const help = (): string => suggest(split ? arm : id, names, split ? 'arms' : 'splits');
    reading.error('RK702', reading.placeOf(arms), what, help);
  }
}

type SplitStep = Extract<Step, { kind: 'split' }>;
