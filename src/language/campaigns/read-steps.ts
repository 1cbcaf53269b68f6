/** Lists of steps: each item has one verb; the verb decides which options it may have. */
import { readCondition } from '../conditions/read-condition.js';
import type { Given, Scope } from '../conditions/scope.js';
import { Fields } from '../fields.js';
import type { FieldRules } from '../fields.js';
import { findSubject } from '../find-subject.js';
import type { Reading } from '../reading.js';
import { readIfLate } from '../gates/read-if-late.js';
import { isName, readName } from '../scalars/read-text.js';
import type { MapNode, Node } from '../syntax/nodes.js';
import { readConsent, readEnrol, readSet, readTrack, readUnset } from './read-acts.js';
import { readWebhook } from './read-webhook.js';
import { readBranch } from './read-branch.js';
import { readNotify } from './read-notify.js';
import { readReference } from './read-reference.js';
import { readRepeat } from './read-repeat.js';
import { readSplit } from './read-split.js';
import { readTemplate } from './read-template.js';
import { readWait } from './read-wait.js';
import { readWaitFor } from './read-wait-for.js';
import { readWaitUntil } from './read-wait-until.js';
import { readValues } from './read-values.js';
import type { StepBody, StepsReader, UnnamedStep } from './unnamed-step.js';

interface Verb {
  rules: Omit<FieldRules, 'what'>;
  read: (
    reading: Reading,
    fields: Fields,
    scope: Scope,
    readSteps: StepsReader,
  ) => StepBody | undefined;
}

const WEBHOOK_ELSEWHERE = {
  url: 'it stands in rekindle.yaml: endpoints: { crm: { url: https://… } }, and here webhook: crm',
  secret:
    'it stands in rekindle.yaml: endpoints: { crm: { url: https://…, secret: env:CRM_SECRET } }',
};
const AT_INSIDE = 'write wait_until: { date: trial_ends_at, before: 3 days, at: 09:00 }';

const VERBS: Record<string, Verb> = {
  send: {
    rules: {
      keys: ['with', 'topic', 'from', 'if_late'],
      elsewhere: { at: 'write a step before it: - wait_until: 09:00' },
    },
    read: readSend,
  },
  notify: {
    rules: {
      keys: ['to', 'with'],
      elsewhere: {
        from: 'a notice is from the sender of its campaign',
        topic: 'a notice goes to a colleague, who is subscribed to nothing',
      },
    },
    read: readNotify,
  },
  wait: {
    rules: {
      keys: ['at'],
      elsewhere: { at_most: 'it belongs to wait_for:', until: 'write wait_until: 10:00' },
    },
    read: readWait,
  },
  wait_until: {
    rules: {
      keys: ['if_past', 'if_missing'],
      elsewhere: {
        at_most: 'it belongs to wait_for:',
        at: AT_INSIDE,
        before: AT_INSIDE,
        after: AT_INSIDE,
      },
    },
    read: readWaitUntil,
  },
  wait_for: {
    rules: { keys: ['at_most', 'then', 'else'], elsewhere: { within: 'write at_most:' } },
    read: readWaitFor,
  },
  branch: {
    rules: {
      keys: [],
      elsewhere: {
        then: 'it belongs to an arm: branch: [{ if: …, then: […] }]',
        else: 'it is the last arm: branch: [{ if: …, then: […] }, { else: […] }]',
      },
    },
    read: readBranch,
  },
  split: { rules: { keys: [] }, read: readSplit },
  repeat: {
    rules: { keys: ['every', 'at', 'steps'], elsewhere: { until: 'exit: beside steps: ends it' } },
    read: readRepeat,
  },
  set: { rules: { keys: [] }, read: readSet },
  unset: { rules: { keys: [] }, read: readUnset },
  subscribe: { rules: { keys: [] }, read: readConsent('subscribe') },
  unsubscribe: { rules: { keys: [] }, read: readConsent('unsubscribe') },
  track: { rules: { keys: ['with'] }, read: readTrack },
  enrol: { rules: { keys: ['with'] }, read: readEnrol },
  webhook: { rules: { keys: ['with'], elsewhere: WEBHOOK_ELSEWHERE }, read: readWebhook },
  exit: { rules: { keys: [] }, read: readExitStep },
};
const VERB_WORDS = Object.keys(VERBS);

/** Steps without ids; undefined when one of them is wrong (all are reported). */
export function readSteps(
  reading: Reading,
  node: Node,
  what: string,
  scope: Scope,
): UnnamedStep[] | undefined {
  const items = reading.asList(node, what);
  const steps = items?.map((item) => readStep(reading, item, scope));
  return steps?.every((step) => step !== undefined) ? steps : undefined;
}

function readStep(reading: Reading, node: Node, scope: Scope): UnnamedStep | undefined {
  const map = reading.asMap(node, 'a step');
  if (!map || reportSecond(reading, map) || reportBareIf(reading, map)) return undefined;
  const subject = findSubject(reading, map, {
    what: 'a step',
    subjects: VERB_WORDS,
    options: ['if', 'id'],
    code: 'RK401',
  });
  if (!subject) return undefined;
  const verb = subject.word;
  const { rules, read } = VERBS[verb]!;
  const fields = new Fields(reading, subject.map, {
    ...rules,
    what: `the step \`${verb}:\``,
    keys: [verb, 'id', 'if', ...rules.keys],
    beside: VERB_WORDS,
  });
  const id = fields.optional('id', (value) => readName(reading, value, 'a step')?.text);
  const body =
    fields.has(verb) && !fields.get(verb) ? undefined : read(reading, fields, scope, readSteps);
  const given = rules.keys.includes('with') ? { given: givenBy(body) } : {};
  const condition = fields.optional('if', (value) =>
    readCondition(reading, value, { ...scope, ...given }),
  );
  if (id === undefined || condition === undefined || !body) return undefined;
  return reading.placed({ id, if: condition, ...body }, map);
}

/** Its values by name, which its `if:` may speak of; null where the step is not whole. */
function givenBy(body: StepBody | undefined): Given {
  if (!body) return null;
  return new Map(Object.entries(('with' in body ? body.with : undefined) ?? {}));
}

/** `- if: …, then: […]`: a step that is only a condition. */
function reportBareIf(reading: Reading, { entries }: MapNode): boolean {
  const arm = entries.find(({ key }) => key.text === 'if');
  const others = entries.filter((entry) => entry !== arm).map(({ key }) => key.text);
  if (!arm || !others.every((word) => ['then', 'else', 'id'].includes(word))) return false;
  reading.error(
    'RK401',
    arm.key,
    '`if` is not a step',
    others.includes('then')
      ? 'write branch: [{ if: …, then: […] }, { else: […] }]'
      : 'if: stands in a step, beside send: and the like; branch: [{ if: …, then: […] }] is for several',
  );
  return true;
}

function reportSecond(reading: Reading, map: MapNode): boolean {
  const [first, second] = map.entries
    .map(({ key }) => key)
    .filter((key) => VERB_WORDS.includes(key.text));
  if (!second) return false;
  reading.error(
    'RK402',
    second,
    `two steps in one: \`${first!.text}:\` and \`${second.text}:\``,
    `a \`-\` is missing before \`${second.text}\``,
  );
  return true;
}

function readSend(reading: Reading, fields: Fields): StepBody | undefined {
  const node = fields.get('send');
  const template = node && readTemplate(reading, node);
  const topic = fields.optional('topic', (value) => readReference(reading, value, 'topic'));
  const from = fields.optional('from', (value) => readReference(reading, value, 'sender'));
  const values = fields.optional('with', (map) => readValues(reading, map, '`with:`'));
  const ifLate = fields.optional('if_late', (value) => readIfLate(reading, value));
  if (!template || topic === undefined || from === undefined) return undefined;
  if (values === undefined || ifLate === undefined) return undefined;
  reading.refer('template', template);
  return {
    kind: 'send',
    template: template.text,
    from,
    topic,
    ...(values ? { with: values } : {}),
    ...(ifLate ? { ifLate } : {}),
  };
}

/** `exit: waits_for_release`: the word becomes the reason of the end. */
function readExitStep(reading: Reading, fields: Fields): StepBody | undefined {
  const node = fields.get('exit');
  if (node?.kind === 'list' || node?.kind === 'map') {
    return reading.error(
      'RK100',
      node,
      'the step `exit:` takes a reason',
      'exit: waits_for_release; conditions that end the campaign stand in exit: beside steps:',
    );
  }
  const text = node && reading.asText(node, 'a reason');
  if (!text) return undefined;
  if (!isName(text.text))
    return reading.error(
      'RK106',
      text,
      `a reason cannot be \`${text.text}\``,
      'one word: lower-case letters, digits, - and _',
    );
  return { kind: 'exit', reason: text.text };
}
