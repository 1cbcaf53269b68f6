/**
 * What a definition says, statement by statement, so that two versions can be compared by what they mean and not by how
 * they are laid out. In: a checked definition. Out: statements, each at a place (`enter.again`, `exit`, `step offer`) and with
 * a key: the same key is the same statement in another version, however its words have changed. Pure.
 */
import { createHash } from 'node:crypto';
import { printOnePerAccount, printOpening } from './campaigns/print-enter.js';
import { printGoal, printRule, printTo, printWait } from './campaigns/print-step.js';
import { valuesWords } from './campaigns/print-value.js';
import { onOneLine, printCondition } from './conditions/print-condition.js';
import type { Billing } from './project/billing.js';
import type {
  CampaignDefinition,
  Condition,
  Definition,
  ProjectDefinition,
  Step,
  StepValue,
} from './definitions.js';
import type { TemplateDefinition } from './templates/template-definition.js';
import { isGate } from './gates/print-gates.js';
import { frame, printPoints, printScore } from './scores/print-score.js';
import type { ScoreCondition } from './scores/score-shapes.js';
import { billingWords } from './project/print-billing.js';
import { sayValue, wordOf } from './say-value.js';
import { listsIn } from './steps.js';

export interface Statement {
  /** Where it stands, for people. */
  place: string;
  /** What pairs it with the same statement of another version. */
  key: string;
  says: string;
}

export function sayDefinition(definition: Definition): Statement[] {
  switch (definition.kind) {
    case 'segment':
      return [
        ...sayFields('', definition, ['kind', 'id', 'implicitFor', 'who']),
        ...clauses('who', definition.who),
        ...sayScores(definition),
      ];
    case 'score':
      return [
        ...sayFields('', { description: definition.description, ...frame(definition) }, []),
        ...definition.points.map((rule) => set('points', printPoints(rule))),
      ];
    case 'campaign':
      return sayCampaign(definition);
    case 'project':
      return sayProject(definition);
    case 'template':
      return sayTemplate(definition);
  }
}

function sayCampaign(campaign: CampaignDefinition): Statement[] {
  const { exit, goal, steps } = campaign;
  const said = ['kind', 'id', 'enter', 'exit', 'while', 'goal', 'steps'];
  return [
    ...sayFields('', campaign, said),
    ...sayEnter(campaign),
    ...exit.map((rule) => set('exit', printRule(rule))),
    ...(campaign.while ? clauses('while', campaign.while) : []),
    ...(goal ? [one('goal', sayGoal(goal))] : []),
    ...saySteps(steps, null),
    ...sayScores(campaign),
  ];
}

function sayGoal(goal: NonNullable<CampaignDefinition['goal']>): string {
  const value = goal.value === null ? '' : `, value: ${goal.value.join('.')}`;
  return `${printGoal(goal)}${value}${goal.ends ? '' : ', ends: false'}`;
}

function sayEnter(campaign: CampaignDefinition): Statement[] {
  const { enter } = campaign;
  const one_per_account = enter.onePerAccount && printOnePerAccount(enter.onePerAccount);
  return [
    one('enter', printOpening(campaign)),
    ...('who' in enter ? clauses('enter.who', enter.who) : []),
    ...(enter.if ? clauses('enter.if', enter.if) : []),
    ...sayFields('enter.', { ...enter, onePerAccount: one_per_account }, OPENING),
  ];
}

/** What of an entry is said by what lets in, or clause by clause. */
const OPENING =
  'kind if who match sequence segment path from to shift at every catchUpMs schedule'.split(' ');

/** Each step by its id, which is stable across versions; inside another one it says in which. */
function saySteps(steps: readonly Step[], inside: string | null): Statement[] {
  return steps.flatMap((step) => {
    const within = inside === null ? '' : ` (in ${inside})`;
    const lists = listsIn(step);
    return [
      {
        place: `step ${step.id}`,
        key: `step ${step.id}`,
        says: `${sayStep(step)}${step.if ? `, if: { ${printCondition(step.if)} }` : ''}${within}`,
      },
      ...lists.flatMap((list, arm) => saySteps(list, `${step.id}, ${armOf(step, arm)}`)),
    ];
  });
}

function armOf(step: Step, arm: number): string {
  if (step.kind === 'split') return step.arms[arm]!.name;
  if (step.kind === 'branch') return step.arms[arm]!.if === null ? 'else' : `arm ${arm + 1}`;
  if (step.kind === 'wait_for') return arm === 0 ? 'then' : 'else';
  return 'steps';
}

function sayStep(step: Step): string {
  switch (step.kind) {
    case 'wait':
    case 'wait_for':
    case 'repeat':
      return printWait(step)!;
    case 'wait_until':
      return `${printWait(step)}${sayRest(step, ['until'])}`;
    case 'send':
      return `send: ${step.template}${sayWith(step.with)}${sayRest(step, ['template'])}`;
    case 'notify':
      return `notify: ${step.template}, to: ${printTo(step.to)}${sayWith(step.with)}`;
    case 'webhook':
      return `webhook: ${step.endpoint}${sayWith(step.with)}`;
    case 'track':
      return `track: ${step.event}${sayWith(step.with)}`;
    case 'enrol':
      return `enrol: ${step.campaign}${sayWith(step.with)}`;
    case 'set':
      return onOneLine({ set: valuesWords(step.traits) });
    case 'unset':
      return onOneLine({ unset: step.traits.length === 1 ? step.traits[0] : step.traits });
    case 'subscribe':
    case 'unsubscribe':
      return `${step.kind}: ${step.topic === '*' ? 'all' : step.topic}`;
    case 'exit':
      return `exit: ${step.reason}`;
    case 'branch': {
      const arms = step.arms.map(({ if: when }) => (when ? `if ${printCondition(when)}` : 'else'));
      return `branch: ${arms.join(' | ')}`;
    }
    case 'split': {
      const arms = step.arms.map(({ name, share }) => `${name} ${share / 100}%`);
      return `split: ${arms.join(', ')}`;
    }
  }
}

function sayWith(values: Record<string, StepValue> = {}): string {
  return Object.keys(values).length === 0 ? '' : `, ${onOneLine({ with: valuesWords(values) })}`;
}

/** What of a step is not said yet. */
function sayRest(step: Step, said: readonly string[]): string {
  return sayFields('', step, ['id', 'kind', 'if', 'with', ...said])
    .map(({ place, says }) => `, ${place}: ${says}`)
    .join('');
}

/** Every topic, sender and rule by its path. */
function sayProject(project: ProjectDefinition): Statement[] {
  return Object.entries(project).flatMap(([key, value]) => {
    if (key === 'kind' || key === 'id') return [];
    if (key === 'billing')
      return Object.entries(billingWords(value as Billing)).flatMap(([name, words]) =>
        sayFields(`billing.${name}.`, words, []),
      );
    if (typeof value !== 'object' || value === null || Array.isArray(value) || isGate(key))
      return sayFields('', { [key]: value }, []);
    return Object.entries(value as object).flatMap(([name, inner]) =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner)
        ? sayFields(`${wordOf(key)}.${name}.`, inner as object, [])
        : sayFields(`${wordOf(key)}.`, { [name]: inner as unknown }, []),
    );
  });
}

/** Long texts by their length and a few digits of their hash: which lines changed the sources show. */
function sayTemplate({ variants }: TemplateDefinition): Statement[] {
  return Object.entries(variants).flatMap(([locale, variant]) => {
    const { body, layout, text, partials, defaults, sample, bodyLine: _, ...rest } = variant;
    const at = locale === '' ? '' : `${locale}: `;
    const long = { body, layout, text, ...prefixed('partial ', partials) };
    return [
      ...sayFields(at, rest, []),
      ...sayFields(`${at}defaults.`, defaults, []),
      ...sayFields(`${at}sample.`, sample, []),
      ...Object.entries(long).flatMap(([name, written]) =>
        written === null ? [] : [one(`${at}${name}`, describeText(written))],
      ),
    ];
  });
}

function prefixed<T>(prefix: string, of: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(of).map(([name, value]) => [prefix + name, value]));
}

function describeText(written: string): string {
  const digest = createHash('sha256').update(written).digest('hex').slice(0, 8);
  const { length } = written.split('\n');
  return `${length} line${length === 1 ? '' : 's'} (${digest})`;
}

/** What the scores come to that it asks for, each once: with another score it is asked something else. */
function sayScores(definition: Definition): Statement[] {
  const found = new Map<string, Set<string>>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    // Definitions are plain JSON, and whatever asks for a score is of this shape.
    if ('kind' in value && value.kind === 'score' && 'score' in value) {
      const { score, of } = value as ScoreCondition;
      found.set(score, (found.get(score) ?? new Set()).add(printScore(of)));
    }
    Object.values(value).forEach(visit);
  };
  visit(definition);
  return [...found].flatMap(([score, texts]) =>
    [...texts].map((says) => (texts.size === 1 ? one : set)(`score ${score}`, says)),
  );
}

/** A condition by the parts that must all be true: each stands for itself. */
function clauses(place: string, condition: Condition): Statement[] {
  const parts = condition.kind === 'all' ? condition.of : [condition];
  return parts.map((part) => set(place, printCondition(part)));
}

/** One of several at a place: its words are its key. */
function set(place: string, says: string): Statement {
  return { place, key: `${place}\0${says}`, says };
}

function one(place: string, says: string): Statement {
  return { place, key: place, says };
}

function sayFields(prefix: string, of: object, said: readonly string[]): Statement[] {
  return Object.entries(of).flatMap(([key, value]) => {
    const says = said.includes(key) ? null : sayValue(key, value);
    return says === null ? [] : [one(`${prefix}${wordOf(key)}`, says)];
  });
}
