/**
 * What came of a campaign test against what it expects. In: entries with their instants, what happened to each profile.
 * Out: failures with the line each belongs to. What is sent and who is called must be expected, to the minute; what else is expected must
 * have happened in its minute. Pure.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Instant } from '../core/instant.js';
import type { CampaignTest, Expectation } from '../language/tests/test-definitions.js';

export interface Mail {
  to: string;
  subject: string;
  /** HTML and text part, one after the other. */
  body: string;
}

export type Happening = { at: Instant; profile: string } &
  /** `notified`: a colleague was written to about the profile. */
  (
    | { kind: 'sent' | 'notified'; step: string; mail: Mail | null }
    /** `rule`: the cap that was full. */
    | { kind: 'skipped'; step: string; reason: string; rule: string | null }
    /** Another system; `said`: what the step sent along. */
    | { kind: 'called'; step: string; endpoint: string; said: Record<string, unknown> }
    | { kind: 'entered' }
    | { kind: 'refused'; reason: string }
    | { kind: 'ended'; reason: string; because: string | null }
  );

/** Whom to ask why nothing came, about which step (null = the entry or the end), and as of when. */
export interface Missing {
  profile: string;
  step: string | null;
  /** It was to convert. */
  toConvert: boolean;
  at: Instant;
}

/** What a test expects and did not come, or came without being expected. */
export interface Unmet {
  line: number;
  message: string;
  /** Null: it is no question. */
  missing: Missing | null;
}

export interface Failure extends Omit<Unmet, 'missing'> {
  /** Why it did not happen, line by line; empty where that is no question. */
  because: string[];
}

const MINUTE_MS = 60_000;

/** `write` says an instant in the zone of a profile. */
export function judgeTest(
  test: CampaignTest,
  instants: readonly Instant[],
  happenings: readonly Happening[],
  write: (at: Instant, profile: string) => string,
): Unmet[] {
  const failures: Unmet[] = [];
  const expected = new Set<Happening>();
  /** Told of already, as what happened instead. */
  const told = new Set<Happening>();
  test.timeline.forEach((entry, index) => {
    const at = instants[index]!;
    const own = happenings.filter(({ profile }) => profile === entry.profile);
    const now = own.filter((one) => one.at >= at && one.at < at + MINUTE_MS);
    const since = index === 0 ? -Infinity : instants[index - 1]! + MINUTE_MS;
    if (entry.action && 'step' in entry.action) {
      const { kind, step } = entry.action;
      const came = own.some((one) => one.kind === 'sent' && one.step === step && one.at <= at);
      if (!came) {
        const message = `${entry.profile} ${kind} ${step} at ${write(at, entry.profile)}, which was not sent before`;
        failures.push({
          line: entry.line,
          message,
          missing: { profile: entry.profile, step, toConvert: false, at },
        });
      }
    }
    for (const wanted of entry.expect) {
      const fail = (message: string, missing: Unmet['missing'] = null): void =>
        void failures.push({ line: wanted.line, message, missing });
      const open = now.filter((one) => !expected.has(one));
      const found = open.find((one) => fits(wanted, one));
      if (found) expected.add(found);
      if (wanted.kind === 'nothing') {
        const seen = own.find((one) => one.at >= since && one.at < at + MINUTE_MS);
        if (seen && seen.kind !== 'refused')
          fail(`nothing was expected, but ${describe(seen, write)}`);
      } else if (wanted.kind === 'not_entered' && wanted.because === null) {
        const entered = now.find(({ kind }) => kind === 'entered');
        if (entered) fail(`no entry was expected, but ${describe(entered, write)}`);
      } else if (!found) {
        // Who was refused just now did not come at another time instead.
        const refused = wanted.kind === 'enters' && now.some(({ kind }) => kind === 'refused');
        const elsewhere = refused
          ? undefined
          : own.find((one) => fits(wanted, one) && !expected.has(one));
        const missing = {
          profile: entry.profile,
          step: stepOf(wanted),
          toConvert: wanted.kind === 'ends' && wanted.reason === 'converted',
          at: at + MINUTE_MS - 1,
        };
        fail(
          `${say(wanted)} was expected at ${write(at, entry.profile)}${instead(wanted, own, elsewhere)}`,
          elsewhere ? null : missing,
        );
      } else if (isMail(wanted) && 'mail' in found) {
        for (const message of compareMail(wanted, found.mail)) fail(message);
      } else if (wanted.kind === 'calls' && found.kind === 'called') {
        for (const message of compareCall(wanted, found.said)) fail(message);
      }
    }
  });
  for (const one of happenings) {
    const goesOut = 'mail' in one || one.kind === 'called';
    if (!goesOut || expected.has(one) || told.has(one)) continue;
    const after = instants.findLastIndex((at) => at <= one.at);
    const { line } = test.timeline[Math.max(0, after)]!;
    failures.push({
      line,
      message: `${describe(one, write)}, which no entry expects`,
      missing: null,
    });
  }
  return failures.toSorted((a, b) => a.line - b.line);

  /** The same thing at another time is the likeliest mistake; a mail that was left out says why. */
  function instead(
    wanted: Expectation,
    own: readonly Happening[],
    elsewhere: Happening | undefined,
  ): string {
    if (elsewhere) {
      told.add(elsewhere);
      return `; it happened at ${write(elsewhere.at, elsewhere.profile)}`;
    }
    const step = stepOf(wanted);
    const other =
      own.find((one) => 'step' in one && one.step === step) ??
      (wanted.kind === 'ends' ? own.findLast(({ kind }) => kind === 'ended') : undefined);
    return other ? `; ${describe(other, write)}` : '';
  }
}

function stepOf(wanted: Expectation): string | null {
  return 'step' in wanted ? wanted.step : null;
}

type ExpectedMail = Extract<Expectation, { kind: 'sends' | 'notifies' }>;

function isMail(wanted: Expectation): wanted is ExpectedMail {
  return wanted.kind === 'sends' || wanted.kind === 'notifies';
}

const DONE = { sends: 'sent', notifies: 'notified' } as const;

function fits(wanted: Expectation, one: Happening): boolean {
  switch (wanted.kind) {
    case 'sends':
    case 'notifies':
      return one.kind === DONE[wanted.kind] && one.step === wanted.step;
    case 'skips':
      return (
        one.kind === 'skipped' &&
        one.step === wanted.step &&
        (wanted.because === null || one.reason === wanted.because)
      );
    case 'calls':
      return one.kind === 'called' && one.endpoint === wanted.endpoint;
    case 'enters':
      return one.kind === 'entered';
    case 'not_entered':
      return one.kind === 'refused' && one.reason === wanted.because;
    case 'ends':
      return (
        one.kind === 'ended' &&
        one.reason === wanted.reason &&
        (wanted.because === null || one.because === wanted.because)
      );
    case 'nothing':
      return false;
  }
}

function* compareMail(
  { step, to, subject, contains }: ExpectedMail,
  mail: Mail | null,
): Iterable<string> {
  if (to !== null && mail?.to !== to) yield `${step} went to ${mail?.to ?? 'nobody'}, not to ${to}`;
  if (subject !== null && mail?.subject !== subject)
    yield `the subject of ${step} is "${mail?.subject ?? ''}", not "${subject}"`;
  for (const text of contains)
    if (!mail?.body.includes(text)) yield `${step} does not contain "${text}"`;
}

function* compareCall(
  { endpoint, with: wanted }: Extract<Expectation, { kind: 'calls' }>,
  said: Readonly<Record<string, unknown>>,
): Iterable<string> {
  for (const [name, value] of Object.entries(wanted)) {
    if (isDeepStrictEqual(said[name], value)) continue;
    const found = name in said ? JSON.stringify(said[name]) : 'missing';
    yield `${name} of the call of ${endpoint} is ${found}, not ${JSON.stringify(value)}`;
  }
}

function say(wanted: Expectation): string {
  switch (wanted.kind) {
    case 'sends':
      return `the mail ${wanted.step}`;
    case 'notifies':
      return `the notice ${wanted.step}`;
    case 'skips':
      return `that ${wanted.step} is skipped${wanted.because === null ? '' : ` (${wanted.because})`}`;
    case 'calls':
      return `a call of ${wanted.endpoint}`;
    case 'enters':
      return 'an entry';
    case 'not_entered':
      return `a refused entry (${wanted.because ?? ''})`;
    case 'ends':
      return `the end ${wanted.reason}${wanted.because === null ? '' : ` (${wanted.because})`}`;
    case 'nothing':
      return 'nothing';
  }
}

/** `reminder was sent to ann at 2026-01-12 10:00`. */
export function describe(one: Happening, write: (at: Instant, profile: string) => string): string {
  const when = `at ${write(one.at, one.profile)}`;
  switch (one.kind) {
    case 'sent':
      return `${one.step} was sent to ${one.profile} ${when}`;
    case 'notified':
      return `${one.step} about ${one.profile} was sent to ${one.mail?.to ?? 'nobody'} ${when}`;
    case 'skipped':
      return `${one.step} was skipped for ${one.profile} (${one.reason}${one.rule === null ? '' : `: ${one.rule}`}) ${when}`;
    case 'called':
      return `${one.endpoint} was called for ${one.profile} by ${one.step} ${when}`;
    case 'entered':
      return `${one.profile} entered ${when}`;
    case 'refused':
      return `${one.profile} did not enter (${one.reason}) ${when}`;
    case 'ended':
      return `${one.profile} ended ${one.reason}${one.because === null ? '' : ` (${one.because})`} ${when}`;
  }
}
