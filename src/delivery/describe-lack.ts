/**
 * Why somebody is not in a campaign, or has not got something of it, in a few lines: the verdict in a sentence, then what of the way
 * in was not true, each with what it saw. In: an explanation as of the moment in question. Out: lines for people. Pure.
 */
import { lacking, type Clause } from '../segments/explain-condition.js';
import { describeClause, describeEvent, describeOpening } from './describe-explanation.js';
import { sayVerdict } from './explain-entry.js';
import type { ExplainedEnrolment, ExplainedProfile, ExplainedStep } from './explain-profile.js';
import type { Way } from './explain-way.js';
import { sayDetail, sayOutcome, type Voice } from './say-stored.js';

/** Of a condition with many parts these are enough to look further. */
const MOST_LINES = 4;

/** `who`: how the profile is named; `step`: of whose mail or call it is asked, null where it is about the entry. */
export function describeLack(
  explained: ExplainedProfile,
  { who, step, voice }: { who: string; step: string | null; voice: Voice },
): string[] {
  const { verdict } = explained;
  const was = verdict.is === 'never_asked' ? ' was' : '';
  const numbers = verdict.is === 'refused' ? sayDetail(verdict.refusal.detail, voice) : '';
  return [
    `${who}${was} ${sayVerdict(verdict, voice)}${numbers}`,
    ...behind(explained, step, voice).slice(0, MOST_LINES),
  ];
}

function behind(explained: ExplainedProfile, step: string | null, voice: Voice): string[] {
  switch (explained.verdict.is) {
    case 'refused': {
      const [refusal] = explained.refusals;
      return refusal?.why ? short(refusal.why, voice) : [];
    }
    case 'never_asked':
    case 'awaited':
      return ofWay(explained.way, voice);
    case 'in_it':
      return [
        ...ofWait(explained, voice),
        ...(step === null ? [] : ofStep(explained, step, voice)),
      ];
    case 'was_in_it': {
      const why = explained.enrolments[0]?.why;
      if (why) return short(why, voice);
      return step === null ? [] : ofStep(explained, step, voice);
    }
    case 'closed':
      return [];
  }
}

function ofWay({ who, event, opening }: Way, voice: Voice): string[] {
  if (event?.latest)
    return describeEvent({ ...event, tests: event.tests.filter(({ holds }) => !holds) }, voice);
  if (opening) return describeOpening(opening, voice);
  return who ? short(who.clause, voice) : [];
}

/** What its step waits for, where that is a state. */
function ofWait({ standing }: ExplainedProfile, voice: Voice): string[] {
  const clause = standing?.awaits?.clause;
  return clause ? short(clause, voice) : [];
}

/** What became of a step, or which arm was taken on the way past it. */
function ofStep(explained: ExplainedProfile, step: string, voice: Voice): string[] {
  const [{ steps }] = explained.enrolments as [ExplainedEnrolment];
  const message = explained.messages.find((one) => one.step === step);
  if (message) {
    const { decidedAt, state, reason, detail } = message;
    const because = reason === null ? '' : ` (${voice.word(reason)})${sayDetail(detail, voice)}`;
    const waits = reason === 'unresolved_wait' ? onTheWay(steps, voice) : [];
    return [`  ${step} at ${voice.time(decidedAt)}: ${voice.word(state)}${because}`, ...waits];
  }
  const passed = steps.find((one) => one.step === step && one.why !== null);
  if (passed) return [`  ${step}: if is not true`, ...short(passed.why!, voice)];
  return onTheWay(steps, voice);
}

/** Where the way turned: arms that were taken, waits that came to nothing. */
function onTheWay(steps: readonly ExplainedStep[], voice: Voice): string[] {
  const turned = steps.filter(
    ({ arm, outcome }) => arm !== null || /^(split|timed_out|unresolved)/.test(outcome),
  );
  return turned.map(
    ({ step, outcome, arm, settledAt }) =>
      `  ${step} at ${voice.time(settledAt)}: ${sayOutcome(outcome, arm, voice)}`,
  );
}

/** What keeps it from being true, side by side; of what is true, all of it. */
function short(clause: Clause, voice: Voice): string[] {
  const part = lacking(clause) ?? clause;
  const parts = part.says === 'all' && part.of.length > 0 ? part.of : [part];
  return parts.flatMap((one) => describeClause(one, 1, voice));
}
