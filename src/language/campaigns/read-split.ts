/** `split:` arms by name with their shares; who goes where is the same for ever, so the step has an id of its own. */
import type { Scope } from '../conditions/scope.js';
import type { SplitArm } from '../definitions.js';
import { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { readShare } from '../scalars/read-share.js';
import { readName } from '../scalars/read-text.js';
import type { Entry, Node } from '../syntax/nodes.js';
import { named, type StepBody, type StepsReader } from './unnamed-step.js';

const EXAMPLE = 'split: { offer: { share: 50%, steps: […] }, control: { share: 50%, steps: [] } }';

export function readSplit(
  reading: Reading,
  fields: Fields,
  scope: Scope,
  readSteps: StepsReader,
): StepBody | undefined {
  const node = fields.get('split');
  const map = node && reading.asMap(node, '`split:`', `name the arms: ${EXAMPLE}`);
  if (!fields.has('id'))
    reading.error(
      'RK102',
      fields.key('split')!,
      'a split needs `id:`',
      'who goes which way hangs on it, so it must not change when steps do: id: subject-test',
    );
  if (!map) return undefined;
  const read = map.entries.map((entry) => readArm(reading, entry, scope, readSteps));
  if (!read.every((one) => one !== undefined)) return undefined;
  const arms = read.map(({ arm }) => arm);
  const sum = arms.reduce((total, { share }) => total + share, 0);
  if (sum !== 10_000)
    return reading.error(
      'RK410',
      read[0]?.shareNode ?? fields.key('split')!,
      `the shares come to ${sum / 100} %, not 100${sayShares(reading, read)}`,
      arms.length < 2 ? EXAMPLE : 'give the rest to one of the arms; an arm may do nothing',
    );
  return { kind: 'split', arms };
}

interface ReadArm {
  arm: SplitArm;
  shareNode: Node;
}

/** Which one is wrong only the author knows: each with its line, where there are several. */
function sayShares(reading: Reading, read: readonly ReadArm[]): string {
  const lines = read.map(({ shareNode }) => reading.lines.range(shareNode).start.line);
  if (new Set(lines).size < 2) return '';
  const said = read.map(({ arm }, n) => `${arm.share / 100}% on line ${lines[n]}`);
  return `: ${said.join(', ')}`;
}

function readArm(
  reading: Reading,
  { key, value }: Entry,
  scope: Scope,
  readSteps: StepsReader,
): ReadArm | undefined {
  const name = readName(reading, key, 'an arm of a split');
  const help =
    value.kind === 'list'
      ? `write ${key.text}: { share: 50%, steps: […] }`
      : value.kind === 'text' && value.text.endsWith('%')
        ? `write ${key.text}: { share: ${value.text}, steps: [] }`
        : undefined;
  const map =
    value.kind === 'broken' ? undefined : reading.asMap(value, `the arm ${key.text}`, help);
  if (!map) return undefined;
  const fields = new Fields(reading, map, {
    what: `the arm ${key.text}`,
    keys: ['share', 'steps'],
    elsewhere: { if: 'a split draws by lot; branch: decides by conditions' },
  });
  const shareNode = fields.need('share', 'how many go this way: share: 50%');
  const stepsNode = fields.need('steps', 'what happens to them; steps: [] for nothing');
  const share = shareNode && readShare(reading, shareNode, '`share:`');
  const steps = stepsNode && readSteps(reading, stepsNode, '`steps:`', scope);
  if (!name || !shareNode || share === undefined || !steps) return undefined;
  return { arm: { name: name.text, share, then: named(steps) }, shareNode };
}
