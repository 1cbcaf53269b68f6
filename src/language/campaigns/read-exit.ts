/**
 * `exit:`, and what a `wait_for:` waits for: a bare event is judged on the event itself and may say `same:`; an event with a quantity counts
 * from entry (from the wait) on; everything else is a state (semantics.md, Campaigns).
 */
import { SUBJECTS, readCondition } from '../conditions/read-condition.js';
import { ownWords } from '../conditions/own-subjects.js';
import { eventFields, isBareEvent, readEvent } from '../conditions/read-event.js';
import { IN_EXIT, OF_ENTERED, type Scope } from '../conditions/scope.js';
import type { Condition, EventCondition, EventNames, ExitRule } from '../definitions.js';
import type { Reading } from '../reading.js';
import { readPath } from '../scalars/read-text.js';
import type { MapNode, Node } from '../syntax/nodes.js';

export function readExits(reading: Reading, node: Node): ExitRule[] | undefined {
  const help = node.kind === 'text' ? `write exit: [{ event: ${node.text} }]` : undefined;
  const items = reading.asList(node, '`exit:`', help);
  if (!items) return undefined;
  if (items.length === 0)
    return reading.error(
      'RK004',
      node,
      '`exit:` has an empty list',
      'name what ends it, or remove the key',
    );
  const rules = items.map((item) =>
    item.kind === 'text'
      ? reading.asMap(item, 'what ends it', `write { event: ${item.text} }`) && undefined
      : readRule(reading, item, IN_EXIT),
  );
  return rules.every((rule) => rule !== undefined) ? rules : undefined;
}

export function readRule(reading: Reading, node: Node, scope: Scope): ExitRule | undefined {
  if (node.kind === 'map' && isEvent(node)) {
    const rule = readEventRule(reading, node, scope);
    return rule && reading.placed(rule, node);
  }
  const condition = readCondition(reading, node, scope);
  return (
    condition &&
    reading.placed<ExitRule>({ kind: 'state', condition, label: labelOf(condition) }, node)
  );
}

function isEvent(map: MapNode): boolean {
  const subjects = map.entries.filter(({ key }) => SUBJECTS.includes(key.text));
  return subjects.length === 1 && subjects[0]!.key.text === 'event';
}

function readEventRule(reading: Reading, map: MapNode, scope: Scope): ExitRule | undefined {
  const fields = eventFields(reading, map, ['same']);
  const bare = isBareEvent(fields);
  const condition = readEvent(reading, fields, scope, bare ? OF_ENTERED : undefined);
  if (condition?.sequence) return stateExit(reading, condition, map);
  const same = fields.optional('same', (node) => readPath(reading, node, '`same:`'));
  if (!condition || same === undefined) return undefined;
  if (bare) {
    const { names, where } = condition;
    return { kind: 'event', match: { names, where }, same, label: `event ${namesLabel(names)}` };
  }
  if (same)
    return reading.error(
      'RK105',
      fields.key('same')!,
      '`same:` compares one event with the entry; it does not go with a quantity or a window',
      'leave one of them out',
    );
  return stateExit(reading, condition, map);
}

function stateExit(reading: Reading, condition: Condition, map: MapNode): ExitRule {
  return { kind: 'state', condition: reading.placed(condition, map), label: labelOf(condition) };
}

/** How a reason names an exit: `event login`, `segment staff`, `trait plan`. */
function labelOf(condition: Condition): string {
  switch (condition.kind) {
    case 'event':
      return ownLabel(condition) ?? `event ${namesLabel(condition.names)}`;
    case 'campaign_active':
      return `campaign ${condition.campaign}`;
    case 'segment':
      return `segment ${condition.segment}`;
    case 'score':
      return `score ${condition.score}`;
    case 'trait_rank':
    case 'trait_changed':
      return `trait ${condition.path.join('.')}`;
    case 'topic':
      return `topic ${condition.topic}`;
    case 'sample':
      return `sample ${condition.salt}`;
    case 'account':
      return `account ${labelOf(condition.of)}`;
    case 'members':
      return 'members';
    case 'trait':
    case 'entry':
      return `${condition.kind} ${condition.path.join('.')}`;
    case 'all':
    case 'any':
      return condition.of
        .map(labelOf)
        .join(condition.kind === 'all' ? ' and ' : ' or ')
        .slice(0, 200);
  }
}

/** `message win-back was bounced` */
function ownLabel(condition: EventCondition): string | null {
  const words = ownWords(condition);
  return words && Object.entries(words).flat().join(' ');
}

function namesLabel(names: EventNames): string {
  return names.kind === 'any' ? 'any' : names.names.join(' or ');
}
