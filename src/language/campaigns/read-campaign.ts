/** One campaign file -> `CampaignDefinition`, and the segment that its `who:` implies. */
import { readCondition } from '../conditions/read-condition.js';
import { IN_CAMPAIGN } from '../conditions/scope.js';
import type { CampaignDefinition, SegmentDefinition } from '../definitions.js';
import { Fields } from '../fields.js';
import { CAMPAIGN_GATES, readCampaignGates, refuseForTransactional } from '../gates/read-gates.js';
import type { Reading } from '../reading.js';
import { readElapsed } from '../scalars/read-time.js';
import { readBoolean, readChoice, readProse } from '../scalars/read-text.js';
import type { Node } from '../syntax/nodes.js';
import { readEnter } from './read-enter.js';
import { readExits } from './read-exit.js';
import { readGoal } from './read-goal.js';
import { readReference } from './read-reference.js';
import { readSteps } from './read-steps.js';
import { nameSteps } from './step-ids.js';

const KEYS = [
  'description',
  'purpose',
  'topic',
  'from',
  'draft',
  'enter',
  'exit',
  'while',
  'ends_after',
  'goal',
  'steps',
  ...CAMPAIGN_GATES,
];

/** Keys of `enter:` that are written beside it by mistake. */
const OF_ENTRY =
  'event who segment trait schedule api where if per needs again if_active if_left current zone one_per_account'.split(
    ' ',
  );

export interface CampaignReading {
  campaign: CampaignDefinition;
  /** The segment of `enter: {who}`, named `<campaign>/who`. */
  implicit: SegmentDefinition | null;
}

export function readCampaign(reading: Reading, root: Node): CampaignReading | undefined {
  const map = reading.asMap(root, 'a campaign');
  if (!map) return undefined;
  const fields = new Fields(reading, map, {
    what: 'a campaign',
    keys: KEYS,
    elsewhere: {
      ...Object.fromEntries(OF_ENTRY.map((key) => [key, 'it belongs inside enter:'])),
      filter:
        'who is let in is said inside enter:, by if: or, of an event, where:; who stays by while:',
      status: 'write draft: true while it is one; without that it is live',
      name: "the file's name is the campaign's; description: is for a text",
    },
  });
  const id = reading.file.id;
  const description = fields.optional('description', (node) =>
    readProse(reading, node, '`description:`'),
  );
  const purpose = fields.optional('purpose', (node) =>
    readChoice(reading, node, '`purpose:`', ['marketing', 'transactional'] as const),
  );
  const topic = fields.optional('topic', (node) => readReference(reading, node, 'topic'));
  const from = fields.optional('from', (node) => readReference(reading, node, 'sender'));
  const draft = fields.optional('draft', (node) => readBoolean(reading, node, '`draft:`'));
  const enterNode = fields.need('enter', 'who enters, for example enter: { event: signed_up }');
  const enter = enterNode && readEnter(reading, enterNode, id);
  const exit = fields.optional('exit', (node) => readExits(reading, node));
  const stays = fields.optional('while', (node) => readCondition(reading, node, IN_CAMPAIGN));
  const endsAfterMs = fields.optional('ends_after', (node) => readEndsAfter(reading, node));
  const goal = fields.optional('goal', (node) => readGoal(reading, node));
  const gates = readCampaignGates(reading, fields);
  if (purpose === 'transactional') refuseForTransactional(reading, fields);
  const stepsNode = fields.need('steps', 'what happens, for example steps: [{ send: welcome }]');
  const steps = stepsNode && readSteps(reading, stepsNode, '`steps:`', IN_CAMPAIGN);
  if (purpose === null && topic === null) {
    reading.error(
      'RK406',
      fields.key('enter') ?? map,
      'a marketing campaign needs a topic',
      'add topic: with one of rekindle.yaml, so that people can unsubscribe from it; or purpose: transactional',
    );
  }
  if (purpose === 'marketing' && topic === null) {
    reading.error(
      'RK406',
      fields.key('purpose')!,
      'a marketing campaign needs a topic',
      'add topic: with one of rekindle.yaml, so that people can unsubscribe from it',
    );
  }
  if (steps?.length === 0)
    reading.error('RK004', stepsNode!, '`steps:` has an empty list', 'a campaign does something');
  if (
    description === undefined ||
    purpose === undefined ||
    topic === undefined ||
    from === undefined ||
    draft === undefined
  )
    return undefined;
  if (!enter || exit === undefined || goal === undefined || !steps) return undefined;
  if (stays === undefined || endsAfterMs === undefined || !gates) return undefined;
  const campaign: CampaignDefinition = {
    kind: 'campaign',
    id,
    description,
    purpose: purpose ?? 'marketing',
    topic,
    from,
    draft: draft ?? false,
    enter: reading.placed(enter.entry, enterNode),
    exit: exit ?? [],
    // Left out where it is not said: what did not change keeps its version.
    ...(stays ? { while: stays } : {}),
    ...(endsAfterMs ? { endsAfterMs } : {}),
    ...gates,
    goal,
    steps: reading.placed(nameSteps(reading, steps), fields.key('steps')!),
  };
  return { campaign: reading.placed(campaign, fields.key('enter')!), implicit: enter.implicit };
}

function readEndsAfter(reading: Reading, node: Node): number | undefined {
  const ms = readElapsed(reading, node, '`ends_after:`');
  if (ms === 0)
    return reading.error(
      'RK201',
      node,
      '`ends_after:` is a time of nothing',
      'ends_after: 90 days, or leave it out',
    );
  return ms;
}
