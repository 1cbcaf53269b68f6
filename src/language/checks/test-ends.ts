/** Ends that a test expects and its campaign cannot come to: a `because:` that no rule of it says. */
import type { CampaignDefinition, ExitRule } from '../definitions.js';
import type { Read, Reading } from '../reading.js';
import { allSteps } from '../steps.js';
import type { Expectation, TestFile } from '../tests/test-definitions.js';
import { campaignOf } from './test-steps.js';
import { suggest } from '../words.js';

/** An unknown campaign is reported as such, and one that is wrong is mended first. */
export function checkTestEnds(
  reading: Reading,
  file: TestFile,
  campaigns: readonly Read<CampaignDefinition>[],
): void {
  const known = campaigns.find(({ definition }) => definition.id === file.campaign);
  if (!known || known.reading.hasErrors) return;
  const reasons = reasonsOf(known.definition);
  const expected = file.tests.flatMap(({ timeline }) => timeline.flatMap(({ expect }) => expect));
  for (const one of expected)
    if (one.kind === 'ends' && one.because !== null) checkEnd(reading, file, one, reasons);
}

function checkEnd(
  reading: Reading,
  file: TestFile,
  expected: Extract<Expectation, { kind: 'ends' }>,
  reasons: ReadonlySet<string> | null,
): void {
  const { reason, because } = expected;
  const at = reading.placeOf(expected);
  if (reason !== 'exited')
    reading.error(
      'RK702',
      at,
      `\`${reason}\` has no \`because:\``,
      'leave because: out; only exited says why',
    );
  else if (because !== null && reasons && !reasons.has(because))
    reading.error('RK702', at, `${campaignOf(file)} never ends because of \`${because}\``, () =>
      reasons.has(`exit: ${because}`)
        ? `quote it with its word: because: "exit: ${because}"`
        : suggest(because, [...reasons], 'it ends because of'),
    );
}

/** By somebody's doing, whatever the campaign says. */
const ALWAYS = ['merged', 'restarted', 'erased', 'stopped'];

/** Why it may end, as tests, send log and explain say it; null where any event ends it. */
function reasonsOf({
  enter,
  exit,
  while: stays,
  endsAfterMs,
  steps,
}: CampaignDefinition): Set<string> | null {
  if (exit.some((rule) => rule.kind === 'event' && rule.match.names.kind === 'any')) return null;
  const reasons = new Set([...exit.flatMap(reasonsOfRule), ...ALWAYS]);
  if (stays) reasons.add('while');
  if (endsAfterMs) reasons.add('ends_after');
  if (enter.kind === 'segment') reasons.add('left_segment');
  if (enter.kind === 'date') reasons.add('date_changed');
  for (const step of allSteps(steps)) {
    if (step.kind === 'exit') reasons.add(`exit: ${step.reason}`);
    if (step.kind !== 'wait_until') continue;
    if (step.ifPast === 'exit') reasons.add('exit: date_past');
    if (step.ifMissing === 'exit') reasons.add('exit: date_missing');
  }
  return reasons;
}

function reasonsOfRule(rule: ExitRule): string[] {
  if (rule.kind === 'state') return [rule.label];
  const { names } = rule.match;
  return names.kind === 'list' ? names.names.map((name) => `event ${name}`) : [];
}
