/** A plan as plain text: each change in the language's words, whom it touches, and the hash that apply may ask for. Pure. */
import { localMinute } from '../core/calendar.js';
import type { MeaningChange } from '../language/compare-meaning.js';
import type { Definitions } from '../language/definitions.js';
import type { SlowPace } from '../language/gates/pace-takes.js';
import { sayInShort } from '../language/say-in-short.js';
import type { SaidChange, SaidPlan } from './plan-changes.js';
import type { Expected } from './plan-expects.sql.js';
import type { CampaignImpact, InFlight, SegmentImpact, Waiting, Young } from './plan-impact.sql.js';

interface Shown {
  /** As they are to be: what is new is said in a line of each. */
  definitions: Definitions;
  /** What is new or goes is said statement by statement, as what changes is. */
  verbose?: boolean;
  /** Where only what is about one campaign is shown: which, and how many changes there are in all. */
  part?: { campaign: string; ofChanges: number };
}

export function describePlan(plan: SaidPlan, { definitions, verbose, part }: Shown): string {
  const { changes, impact, unchanged, revision, hash } = plan;
  const { zone } = definitions.project;
  const inShort = verbose ? new Map<string, string>() : shortly(definitions);
  const blocks = changes.map((change) =>
    [
      describeHead(change),
      ...(verbose || change.change === 'changed'
        ? change.says.map(describeStatement)
        : describeInShort(inShort.get(`${change.kind}/${change.name}`))),
      ...impact.segments
        .filter(({ segment }) => change.kind === 'segment' && segment === change.name)
        .flatMap(describeSegment),
      ...impact.campaigns
        .filter(({ campaign }) => change.kind === 'campaign' && campaign === change.name)
        .flatMap((one) => describeCampaign(one, change, zone)),
    ].join('\n'),
  );
  const named = new Set(changes.filter(({ kind }) => kind === 'segment').map(({ name }) => name));
  const others = impact.segments.filter(({ segment }) => !named.has(segment));
  for (const one of others)
    blocks.push(
      [
        `stays    ${nameOf('segment', one.segment)}, which names one that changes`,
        ...describeSegment(one),
      ].join('\n'),
    );
  const live = revision === null ? 'nothing is live yet' : `revision ${revision} is live`;
  const counted = part
    ? `${changes.length} of ${part.ofChanges} to change are about ${part.campaign}; apply does all of them`
    : `${changes.length} to change, ${unchanged} unchanged`;
  const folded = !verbose && changes.some(({ change }) => change !== 'changed');
  const last = `${counted}; ${live}${folded ? '\n--verbose says all of what is new or goes' : ''}\nplan ${hash}`;
  return `${[...blocks, last].join('\n\n')}\n`;
}

/** What an apply says before it does it: a line for whatever moves people at once, or is other than it may seem. */
export function describeTouched({ impact }: SaidPlan): string[] {
  return [
    ...impact.segments.flatMap(({ segment, ends, young }) => [
      ...ends.map(
        (one) =>
          `${nameOf('segment', segment)}: ${some(one.n, 'enrolment')} of ${one.campaign} end: they leave it`,
      ),
      ...(young ? [`${nameOf('segment', segment)}: ${describeYoung(young)}`] : []),
    ]),
    ...impact.campaigns.flatMap(({ campaign, entersNow, lacks, slow, young }) =>
      [
        ...(lacks.length > 0 ? [describeLacks(lacks)] : []),
        ...(entersNow > 0 ? [describeEntersNow(entersNow)] : []),
        ...(young ? [describeYoung(young)] : []),
        ...(slow ? [describeSlow(slow)] : []),
      ].map((line) => `campaign ${campaign}: ${line}`),
    ),
  ];
}

/** By kind and name. */
function shortly(definitions: Definitions): Map<string, string> {
  const { project, segments, scores = [], campaigns, templates } = definitions;
  const all = [project, ...segments, ...scores, ...campaigns, ...templates];
  return new Map(all.map((one) => [`${one.kind}/${one.id}`, sayInShort(one)]));
}

/** Of what goes nothing is left to say. */
function describeInShort(says: string | undefined): string[] {
  return says === undefined ? [] : [`  ${says}`];
}

function describeHead({ kind, name, change, from, to }: SaidChange): string {
  const versions = [from, to].flatMap((version) => (version === null ? [] : [`v${version}`]));
  return `${change.padEnd(8)} ${nameOf(kind, name)} ${versions.join(' -> ')}`;
}

/** The segment that a campaign's own `who` is has no file of its own. */
function nameOf(kind: SaidChange['kind'], name: string): string {
  const own = kind === 'segment' && name.endsWith(OWN_WHO);
  return own ? `who of campaign ${name.slice(0, -OWN_WHO.length)}` : `${kind} ${name}`;
}

const OWN_WHO = '/who';

/** `+ exit: event: paid`, `- …`, `~ enter.again: never -> always`. */
export function describeStatement({ place, before, after }: MeaningChange): string {
  if (before === null) return `  + ${place}: ${after}`;
  if (after === null) return `  - ${place}: ${before}`;
  return `  ~ ${place}: ${before} -> ${after}`;
}

function describeSegment({ members, joins, leaves, ends, young }: SegmentImpact): string[] {
  return [
    `  > ${some(members, 'member')}: ${joins} join and ${leaves} leave; nobody enters a campaign by that`,
    ...ends.map(
      ({ campaign, n }) => `  > ${some(n, 'enrolment')} of ${campaign} end: they leave the segment`,
    ),
    ...(young ? [`  ! ${describeYoung(young)}`] : []),
  ];
}

/** The number that belongs to the warning RK308. */
function describeYoung({ young, all }: Young): string {
  return `${young} of ${some(all, 'profile')} ${young === 1 ? 'is' : 'are'} younger than its window (RK308)`;
}

/** `42,000 people, 5000 per hour, 8 h a day: a mail to each takes 2 days` */
function describeSlow({ members, pace, hoursADay, days }: SlowPace): string {
  return `${members.toLocaleString('en')} people, ${pace}, ${hoursADay} h a day: a mail to each takes ${some(days, 'day')}`;
}

const ENTERS_BY: Partial<Record<CampaignImpact['entersBy'], string>> = {
  nobody: 'nobody enters',
  segment: 'whoever joins its segment from now on enters',
  event: 'whoever does its event from now on enters',
  trait: 'whoever has its trait change so from now on enters',
  date: 'whoever has its date enters when its time comes, from now on',
  schedule: 'whoever matches when its schedule strikes enters, from now on',
  api: 'whoever is asked for enters',
  broadcast: 'nobody enters before a broadcast is asked for',
};

function describeCampaign(
  { entersNow, entersBy, lacks, expected, slow, young, inFlight, waiting }: CampaignImpact,
  said: SaidChange,
  zone: string,
): string[] {
  const { change } = said;
  const enters =
    change === 'removed'
      ? 'nobody enters any more'
      : (ENTERS_BY[entersBy] ?? `entered by ${entersBy}`);
  const now = entersNow === 0 ? 'nobody enters at once' : describeEntersNow(entersNow);
  return [
    lacks.length > 0
      ? `  ! ${describeLacks(lacks)}`
      : `  > ${change === 'removed' || entersBy === 'nobody' ? enters : `${now}; ${enters}`}`,
    ...(expected ? [`  > ${describeExpected(expected, zone)}`] : []),
    ...(young ? [`  ! ${describeYoung(young)}`] : []),
    ...(slow ? [`  ! ${describeSlow(slow)}`] : []),
    ...waiting.map(describeWaiting),
    ...(inFlight.length > 0 ? describeInFlight(inFlight, said) : []),
  ];
}

function describeEntersNow(n: number): string {
  return `${some(n, 'profile')} ${n === 1 ? 'enters' : 'enter'} at once, as far as exits let them`;
}

function describeLacks(fields: readonly string[]): string {
  return `nobody enters by itself, now or later: the entry brings no ${fields.join(', ')}, which needs: or per: asks for`;
}

const WAITS: Record<Waiting['what'], (n: number) => string> = {
  date: (n) => `${some(n, 'profile')} ${n === 1 ? 'waits' : 'wait'} to enter at their date`,
  sequence: (n) => `${some(n, 'event')} ${n === 1 ? 'waits' : 'wait'} for what follows, to let in`,
  surge: (n) => `${some(n, 'profile')} ${n === 1 ? 'is' : 'are'} held back by \`surge\``,
};

function describeWaiting({ what, n, kept }: Waiting): string {
  return `  > ${WAITS[what](n)}${kept ? ', as before' : '; by that nobody enters any more'}`;
}

function describeExpected({ what, n, from }: Expected, zone: string): string {
  switch (what) {
    case 'strike':
      return `${some(n, 'profile')} match when it strikes next, at ${localMinute(from, zone)} in ${zone}`;
    case 'asked':
      return `${some(n, 'profile')} ${n === 1 ? 'matches' : 'match'} now, were it asked for`;
    case 'dates':
      return `${some(n, 'profile')} have a date whose time comes within 7 days`;
    case 'changes':
      return `its trait has changed so ${some(n, 'time')} in the last 30 days`;
  }
}

function describeInFlight(
  inFlight: readonly InFlight[],
  { name, change, from }: SaidChange,
): string[] {
  const active = inFlight.reduce((sum, one) => sum + one.active, 0);
  const stay =
    active === 1
      ? '  > 1 enrolment under way goes on with the version that it began on:'
      : `  > ${some(active, 'enrolment')} under way go on with the version that they began on:`;
  return [
    stay,
    ...inFlight.map(({ version, step, active: n, kept }) => {
      const gone = change === 'changed' && !kept ? ', a step that is no more' : '';
      const old = version === from ? '' : ` (v${version})`;
      return `      ${n} at ${step ?? 'the beginning'}${old}${gone}`;
    }),
    ...(change === 'changed'
      ? [`    rekindle migrate ${name} moves them, once this is applied`]
      : []),
  ];
}

export function some(n: number, one: string): string {
  return `${n.toLocaleString('en')} ${one}${n === 1 ? '' : 's'}`;
}
