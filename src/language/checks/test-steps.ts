/** Steps that a test expects mails of, and ways of splits, that the campaign does not have. */
import type { CampaignDefinition, Step } from '../definitions.js';
import type { Reading } from '../reading.js';
import { allSteps } from '../steps.js';
import {
  FEEDBACK_ACTIONS,
  type Expectation,
  type FeedbackAction,
  type TestAction,
  type TestFile,
} from '../tests/test-definitions.js';
import { orList, suggest } from '../words.js';

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
  const steps = allSteps(known.definition.steps);
  const entries = file.tests.flatMap(({ timeline }) => timeline);
  for (const { action, expect } of entries)
    for (const one of [action, ...expect])
      if (one && 'step' in one) checkStep(reading, file, one, steps);
  const splits = allSteps(known.definition.steps).filter((step) => step.kind === 'split');
  const profiles = file.tests.flatMap((test) => Object.values(test.profiles));
  for (const { arms } of profiles) checkArms(reading, file, arms, splits);
}

/** What names a step: an expectation, or what becomes of its mail. */
type Naming = Extract<Expectation | TestAction, { step: string }>;

function isAction(kind: Naming['kind']): kind is FeedbackAction {
  return (FEEDBACK_ACTIONS as readonly string[]).includes(kind);
}

/** A mail that a step of another kind would have to send is looked for among those that do. */
function checkStep(reading: Reading, file: TestFile, named: Naming, steps: readonly Step[]): void {
  const { kind, step: id } = named;
  const step = steps.find((one) => one.id === id);
  const at = reading.placeOf(named);
  if (!step) {
    const ids = steps.filter((one) => fits(kind, one)).map((one) => one.id);
    const message = `${campaignOf(file)} has no step \`${id}\``;
    return reading.error('RK702', at, message, () => suggest(id, ids, 'steps'));
  }
  if (kind === 'sends' && step.kind === 'notify')
    reading.error('RK702', at, `\`${id}\` goes to a colleague`, `say notifies: ${id}`);
  if (isAction(kind) && step.kind !== 'send')
    reading.error('RK702', at, `\`${id}\` sends nobody a mail`, () =>
      orList(steps.filter((one) => one.kind === 'send').map((one) => one.id)),
    );
  if (kind === 'notifies' && step.kind === 'send')
    reading.error('RK702', at, `\`${id}\` goes to the profile`, `say sends: ${id}`);
}

/** Whether a step can do what is expected of it. */
function fits(kind: Naming['kind'], step: Step): boolean {
  if (kind === 'skips') return true;
  return step.kind === (kind === 'notifies' ? 'notify' : 'send');
}

/** Where it is named, which may be the mistake. */
export function campaignOf({ campaign, campaignLine }: TestFile): string {
  return `the campaign on line ${campaignLine}, ${campaign},`;
}

/** Ways of splits that the campaign does not have. */
function checkArms(
  reading: Reading,
  file: TestFile,
  arms: Record<string, string>,
  splits: readonly SplitStep[],
): void {
  for (const [id, arm] of Object.entries(arms)) {
    const split = splits.find((step) => step.id === id);
    const names = split ? split.arms.map(({ name }) => name) : splits.map((step) => step.id);
    if (names.includes(split ? arm : id)) continue;
    const what = split
      ? `the split ${id} has no arm \`${arm}\``
      : `${campaignOf(file)} has no split \`${id}\``;
    const help = (): string => suggest(split ? arm : id, names, split ? 'arms' : 'splits');
    reading.error('RK702', reading.placeOf(arms), what, help);
  }
}

type SplitStep = Extract<Step, { kind: 'split' }>;
