/**
 * Conditions that nobody can meet, and rules that end everybody at once: `all:` of what excludes each other, a step for those whom an exit
 * has ended, `while:` with an exit of the same. Only what is certain is said (conditions/exclusions.ts): what rests on time is not.
 */
import { exclude, termsOf, type Term } from '../conditions/exclusions.js';
import { partsOf } from '../conditions/parts-of.js';
import { printCondition } from '../conditions/print-condition.js';
import type { CampaignDefinition, Condition, SegmentDefinition } from '../definitions.js';
import type { Reading } from '../reading.js';
import { allSteps, conditionsOf } from '../steps.js';
import type { Span } from '../syntax/nodes.js';
import { shorten } from '../words.js';

type Segments = ReadonlyMap<string, SegmentDefinition>;

/** Of a segment, or any other condition that stands for itself. */
export function checkContradictions(
  reading: Reading,
  condition: Condition,
  segments: Segments,
): void {
  within(reading, condition, { segments, before: [] });
}

export function checkCampaignContradictions(
  reading: Reading,
  campaign: CampaignDefinition,
  segments: Segments,
): void {
  const { enter, exit, steps } = campaign;
  const who = 'who' in enter ? [enter.who] : [];
  for (const condition of who) within(reading, condition, { segments, before: [] });
  const isIn: Condition[] =
    enter.kind === 'segment' ? [{ kind: 'segment', segment: enter.segment, negated: false }] : who;
  const entering = isIn.flatMap((condition) => termsOf(condition, segments));
  if (enter.if) within(reading, enter.if, { segments, before: entering });
  for (const rule of exit)
    if (rule.kind === 'state') within(reading, rule.condition, { segments, before: [] });
  checkWhile(reading, campaign, { segments, entering });
  const staying = campaign.while ? termsOf(campaign.while, segments) : [];
  for (const condition of allSteps(steps).flatMap(conditionsOf))
    within(reading, condition, { segments, before: staying });
}

/** `entering`: what is true of whoever is let in. */
function checkWhile(
  reading: Reading,
  { enter, exit, while: stays }: CampaignDefinition,
  { segments, entering }: { segments: Segments; entering: readonly Term[] },
): void {
  if (!stays) return;
  within(reading, stays, { segments, before: [] });
  const known = [...entering, ...(enter.if ? termsOf(enter.if, segments) : [])];
  const staying = termsOf(stays, segments);
  const clash = firstClash(staying, known);
  if (clash)
    reading.warn(
      'RK455',
      reading.placeOf(stays),
      `nobody can enter: \`while:\` asks for ${say(clash[0])}, but whoever is let in has ${say(clash[1])}`,
      'say in while: what is true as long as they are to stay, at the entry too',
    );
  const held = new Set(staying.map(({ condition }) => JSON.stringify(condition)));
  for (const rule of exit) {
    if (rule.kind !== 'state') continue;
    const ends = termsOf(rule.condition, new Map());
    if (ends.every(({ condition }) => held.has(JSON.stringify(condition))))
      reading.warn(
        'RK455',
        reading.placeOf(rule),
        'nobody can stay: `while:` ends whoever is not so, and this exit whoever is',
        'leave one of the two out, or say the contrary in one of them',
      );
  }
}

/** Choices stand within choices, and each is compared with what is true around it: the nearest so many. */
const MOST_BEFORE = 80;

/** `before`: what is true anyway where the condition stands. One finding of each condition. */
function within(
  reading: Reading,
  condition: Condition,
  { segments, before }: { segments: Segments; before: readonly Term[] },
): boolean {
  const terms = termsOf(condition, segments);
  const clash = firstClash(terms, [...before, ...terms]);
  if (clash) {
    const own = [clash[0], clash[1]].filter((term) => terms.includes(term) && !term.segment);
    reading.warn(
      'RK330',
      placeOf(reading, own.at(-1)?.condition ?? condition),
      `this is never true: ${say(clash[0])} and ${say(clash[1])} exclude each other`,
      'say any: where one of them is enough, or leave one out',
    );
    return true;
  }
  // Of a choice each branch, beside everything else that must be true; of what is asked of others what it is made of.
  return terms.some((term) => {
    if (term.segment !== null) return false;
    const others = terms.filter((one) => one !== term);
    const isChoice = term.condition.kind === 'any';
    const known = isChoice ? [...others, ...before].slice(0, MOST_BEFORE) : [];
    return innerParts(term.condition).some((part) =>
      within(reading, part, { segments, before: known }),
    );
  });
}

/** What is asked of a company part by part is placed by what is asked. */
function placeOf(reading: Reading, condition: Condition): Span {
  const at = reading.placeOf(condition);
  return at.end === 0 && condition.kind === 'account' ? reading.placeOf(condition.of) : at;
}

function innerParts(condition: Condition): readonly Condition[] {
  return condition.kind === 'any' || condition.kind === 'members' ? partsOf(condition) : [];
}

/** One of `terms` and what excludes it. */
function firstClash(terms: readonly Term[], all: readonly Term[]): [Term, Term] | null {
  const bySubject = new Map<string, Term[]>();
  for (const one of all) {
    const known = bySubject.get(one.subject);
    if (known) known.push(one);
    else bySubject.set(one.subject, [one]);
  }
  for (const term of terms)
    for (const other of bySubject.get(term.subject) ?? [])
      if (term !== other && exclude(term.condition, other.condition))
        return all.indexOf(term) > all.indexOf(other) ? [other, term] : [term, other];
  return null;
}

function say({ condition, segment }: Term): string {
  const said = `\`${shorten(printCondition(condition), 80)}\``;
  return segment === null ? said : `${said} (of the segment \`${segment}\`)`;
}
