/**
 * The campaign language, from files to checked definitions. In: the texts of a configuration, already
 * classified. Out: every diagnostic there is and, when none is an error, the definitions. Pure; never
 * throws, whatever the texts hold. A definition that is not understood is never half of one.
 */
import type { Diagnostic } from '../core/diagnostic.js';
import { readCampaign } from './campaigns/read-campaign.js';
import { checkBarredEntry } from './checks/barred-entry.js';
import { checkBriefSegment } from './checks/brief-segment.js';
import { checkCampaignCycles } from './checks/campaign-cycles.js';
import { checkConditionSizes } from './checks/condition-size.js';
import { checkCampaignContradictions, checkContradictions } from './checks/contradictions.js';
import { checkEndlessReminders } from './checks/endless-reminders.js';
import { checkSenders } from './checks/marketing.js';
import { checkMembersStays } from './checks/members-stays.js';
import { checkEntryEvent } from './checks/entry-event.js';
import { checkNegativeWindow } from './checks/negative-window.js';
import { checkNotifiedAddresses } from './checks/notified-addresses.js';
import { checkOneMoment } from './checks/one-moment.js';
import { checkOwnLoops } from './checks/own-loops.js';
import { momentsOf, type Moment } from './checks/past-moments.js';
import { checkPastWaits } from './checks/past-waits.js';
import { checkPromotion } from './checks/promotion.js';
import { checkProvidedVariables } from './checks/provided-variables.js';
import { checkReferences } from './checks/references.js';
import { checkSameKey } from './checks/same-key.js';
import { checkSegmentCycles } from './checks/segment-cycles.js';
import { checkTestBroadcasts } from './checks/test-broadcasts.js';
import { checkTestEnds } from './checks/test-ends.js';
import { checkTestSteps } from './checks/test-steps.js';
import { checkTestTimelines } from './checks/test-timelines.js';
import { checkTurningCharacters } from './checks/turning-characters.js';
import { checkUnbroughtData } from './checks/unbrought-data.js';
import { checkUnreachableSteps } from './checks/unreachable-steps.js';
import { checkUnsubscribed } from './checks/unsubscribed.js';
import { checkUnresolvedSends } from './checks/unresolved-sends.js';
import { helpForUnknown } from './classify-path.js';
import { DAILY_AT } from './conditions/sampled-shapes.js';
import type {
  CampaignDefinition,
  Definitions,
  ProjectDefinition,
  SegmentDefinition,
} from './definitions.js';
import type { TemplateDefinition } from './templates/template-definition.js';
import { readProject } from './project/read-project.js';
import type { ProjectReading } from './project/read-project.js';
import { mentionsOf, type Mention } from './mentions.js';
import { readSegment } from './read-segment.js';
import { Reading, whole, type Read } from './reading.js';
import { findScores } from './scores/find-scores.js';
import { readScore } from './scores/read-score.js';
import type { ScoreDefinition } from './scores/score-shapes.js';
import { localeHelp } from './scalars/read-locale.js';
import { isName } from './scalars/read-text.js';
import type { SourceFile, SourceKind } from './source-file.js';
import { parseYaml } from './syntax/parse-yaml.js';
import { readTemplates, type TemplatesReading } from './templates/read-templates.js';
import { readTestFile } from './tests/read-test-file.js';
import { allSteps, conditionsIn } from './steps.js';
import type { TestFile } from './tests/test-definitions.js';

export interface CheckResult {
  /** Null when any diagnostic is an error. */
  definitions: Definitions | null;
  /**
   * What could be read where not everything could: for checks that say at once what else is wrong. Templates in it are
   * whole, with all that they put in; `project`: null when rekindle.yaml is not.
   */
  readable: Pick<Definitions, 'segments' | 'campaigns' | 'templates'> & {
    project: ProjectDefinition | null;
  };
  /** What they name that only a database knows; empty without definitions. */
  mentions: Mention[];
  /** Fixed moments in campaigns that could be read: whoever has a clock says which have passed (checks/past-moments.ts). */
  moments: Moment[];
  /** What `rekindle test` plays; a test that is not whole is not among them. */
  tests: TestFile[];
  /** In the order of files and lines. */
  diagnostics: Diagnostic[];
}

export function checkSources(sources: readonly SourceFile[]): CheckResult {
  const readings = [...sources]
    .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
    .map((file) => new Reading(file));
  reportFiles(readings);
  const { project, missing } = readProjectFile(readings);
  if (project.project) tellReadings(readings, project.project);
  const { segments, campaigns, scores } = readConditionsAndSteps(readings);
  findScores(scores, readings);
  const { templates, needs } = readTemplates(readings);
  const idsOf = (kind: SourceKind): Set<string> =>
    new Set(readings.filter(({ file }) => file.kind === kind).map(({ file }) => file.id));
  const known = {
    segment: idsOf('segment'),
    score: idsOf('score'),
    campaign: idsOf('campaign'),
    send: sendsIn(campaigns, idsOf('campaign').size),
    template: idsOf('template'),
    topic: project.topics && new Set(project.topics),
    sender: project.senders && new Set(project.senders),
    endpoint: project.endpoints && new Set(project.endpoints),
  };
  const tests = readTests(readings);
  for (const reading of readings) checkReferences(reading, known);
  for (const { definition, reading } of tests) {
    checkTestSteps(reading, definition, campaigns);
    checkTestEnds(reading, definition, campaigns);
    checkTestBroadcasts(reading, definition, campaigns);
    if (project.project) checkTestTimelines(reading, definition, project.project.zone);
  }
  if (!checkConditionSizes({ segments, scores, campaigns }))
    checkMeanings({ segments, campaigns, needs }, readings, project.project);
  for (const reading of readings) checkTurningCharacters(reading);
  const diagnostics = [...missing, ...readings.flatMap((reading) => reading.diagnostics)];
  const readable = {
    project: project.project,
    segments: definitionsOf(segments),
    campaigns: definitionsOf(campaigns),
    templates: wholeTemplates(templates, readings),
  };
  const moments = momentsOf(campaigns, project.project);
  if (!project.project || diagnostics.some(({ severity }) => severity === 'error'))
    return { definitions: null, readable, mentions: [], moments, tests: [], diagnostics };
  const definitions = {
    ...readable,
    project: project.project,
    ...(scores.length > 0 ? { scores: definitionsOf(scores) } : {}),
  };
  const mentions = mentionsOf({ segments, scores, campaigns, project: project.project, needs });
  return { definitions, readable, mentions, moments, tests: definitionsOf(tests), diagnostics };
}

/** What walks through conditions with all that they name. */
function checkMeanings(
  {
    segments,
    campaigns,
    needs,
  }: {
    segments: Read<SegmentDefinition>[];
    campaigns: Read<CampaignDefinition>[];
    needs: TemplatesReading['needs'];
  },
  readings: readonly Reading[],
  project: ProjectDefinition | null,
): void {
  checkSegmentCycles(segments);
  const named = definitionsOf(segments);
  for (const { definition, reading } of segments)
    checkMembersStays(reading, [definition.who], named);
  for (const { definition, reading } of campaigns) {
    const { enter } = definition;
    const who = enter.kind === 'broadcast' ? [enter.who] : [];
    checkMembersStays(reading, [...who, ...conditionsIn(definition)], named);
  }
  for (const { definition, reading } of segments)
    checkNegativeWindow(reading, definition.who, project?.profileStart ?? []);
  const byId = new Map(segments.map(({ definition }) => [definition.id, definition]));
  for (const { definition, reading } of segments)
    checkContradictions(reading, definition.who, byId);
  for (const { definition, reading } of campaigns) {
    checkSameKey(reading, definition);
    checkCampaignContradictions(reading, definition, byId);
    checkOwnLoops(reading, definition, byId);
    checkBarredEntry(reading, definition);
    checkOneMoment(reading, definition);
    checkUnbroughtData(reading, definition);
    checkEntryEvent(reading, definition, byId);
    checkUnsubscribed(reading, definition, byId);
    checkUnreachableSteps(reading, definition);
    checkPastWaits(reading, definition);
    checkUnresolvedSends(reading, definition.steps);
    checkEndlessReminders(reading, definition);
    checkBriefSegment(reading, definition, byId);
    checkProvidedVariables(reading, definition, needs);
    if (definition.enter.kind === 'broadcast' || definition.enter.kind === 'schedule')
      checkNegativeWindow(reading, definition.enter.who, project?.profileStart ?? []);
    if (project) {
      checkSenders(reading, definition, project);
      checkNotifiedAddresses(reading, definition, project);
    }
  }
  checkCampaignCycles(campaigns, byId);
  checkPromotion(
    campaigns,
    readings.filter(({ file }) => file.kind === 'template'),
  );
}

/** What of the project every other file is read with. */
function tellReadings(readings: readonly Reading[], project: ProjectDefinition): void {
  const { topics, zone, dailyAt = DAILY_AT } = project;
  for (const reading of readings) {
    reading.topics = topics;
    reading.sampling = { zone, at: dailyAt };
  }
}

/** Those without an error in one of their own files; none when a layout or a partial has one. */
function wholeTemplates(
  templates: TemplateDefinition[],
  readings: readonly Reading[],
): TemplateDefinition[] {
  const broken = readings.filter(({ hasErrors }) => hasErrors).map(({ file }) => file);
  if (broken.some(({ kind }) => kind === 'layout' || kind === 'partial')) return [];
  const ids = new Set(
    broken.filter(({ kind }) => kind === 'template' || kind === 'text').map(({ id }) => id),
  );
  return templates.filter(({ id }) => !ids.has(id));
}

/** `campaign/step` of every send; null when some campaign could not be read. */
function sendsIn(
  campaigns: readonly Read<CampaignDefinition>[],
  files: number,
): Set<string> | null {
  if (campaigns.length < files) return null;
  return new Set(
    campaigns.flatMap(({ definition: { id, steps } }) =>
      allSteps(steps).flatMap((step) => (step.kind === 'send' ? [`${id}/${step.id}`] : [])),
    ),
  );
}

function definitionsOf<D>(read: Read<D>[]): D[] {
  return read.map(({ definition }) => definition);
}

/** Names that cannot be used, two files of one name, and files that nothing reads. */
function reportFiles(readings: readonly Reading[]): void {
  const seen = new Map<string, SourceFile>();
  for (const reading of readings) {
    const { kind, id, locale = '', text } = reading.file;
    const top = { start: 0, end: 0 };
    const unusable = /[\0\ufffd]|\p{Cs}/u.exec(text);
    if (unusable) {
      const at = { start: unusable.index, end: unusable.index + 1 };
      reading.error('RK011', at, 'a character that cannot be stored', 'save the file as UTF-8');
    }
    if (reading.file.link !== undefined) {
      const help = 'put the file itself here, or link to one inside the folder';
      reading.error('RK110', top, `this link ${reading.file.link}`, help);
      continue;
    }
    if (kind === 'unknown') {
      reading.warn('RK108', top, 'this file is not read', helpForUnknown(reading.file));
      continue;
    }
    const slashes = kind !== 'segment' && kind !== 'campaign' && kind !== 'score';
    if (kind !== 'project' && kind !== 'test' && !isName(id, slashes)) {
      reading.error(
        'RK106',
        top,
        `the file's name is the name of the ${kind}, and \`${id}\` cannot be one`,
        'lower-case letters, digits, - and _, directly in its folder',
      );
    }
    const help = locale === '' ? null : localeHelp(locale);
    if (help !== null) {
      const name = `the file's name gives \`${locale}\` as its locale, which is none`;
      reading.error('RK211', top, name, help);
    }
    const format = kind === 'layout' || kind === 'partial' ? (reading.file.format ?? '') : '';
    const key = [kind, id, locale, format].join('\n');
    const before = seen.get(key);
    if (before)
      reading.error(
        'RK107',
        top,
        `the ${kind} ${id} is already defined in ${before.path}`,
        'remove or rename one of the two',
      );
    else seen.set(key, reading.file);
  }
}

function readProjectFile(readings: readonly Reading[]): {
  project: ProjectReading;
  missing: Diagnostic[];
} {
  const reading = readings.find(({ file }) => file.kind === 'project');
  const none: ProjectReading = { project: null, topics: null, senders: null, endpoints: null };
  if (reading) {
    const root = parseYaml(reading);
    const project = root && whole(reading, readProject(reading, root));
    return { project: project ?? none, missing: [] };
  }
  const start = { line: 1, column: 1 };
  const missing: Diagnostic = {
    code: 'RK109',
    severity: 'error',
    file: 'rekindle.yaml',
    range: { start, end: start },
    message: 'there is no rekindle.yaml',
    help: 'the configuration needs one with at least project: and zone:',
  };
  return { project: none, missing: [missing] };
}

function readTests(readings: readonly Reading[]): Read<TestFile>[] {
  return readings.flatMap((reading) => {
    const root = reading.file.kind === 'test' ? parseYaml(reading) : undefined;
    const definition = root && whole(reading, readTestFile(reading, root));
    return definition ? [{ definition, reading }] : [];
  });
}

function readConditionsAndSteps(readings: readonly Reading[]): {
  segments: Read<SegmentDefinition>[];
  campaigns: Read<CampaignDefinition>[];
  scores: Read<ScoreDefinition>[];
} {
  const scores: Read<ScoreDefinition>[] = [];
  const segments: Read<SegmentDefinition>[] = [];
  const campaigns: Read<CampaignDefinition>[] = [];
  for (const reading of readings) {
    const { kind } = reading.file;
    const isRead = kind === 'segment' || kind === 'campaign' || kind === 'score';
    const root = isRead ? parseYaml(reading) : undefined;
    if (!root) continue;
    if (kind === 'score') {
      const definition = whole(reading, readScore(reading, root));
      if (definition) scores.push({ definition, reading });
      continue;
    }
    if (kind === 'segment') {
      const definition = whole(reading, readSegment(reading, root));
      if (definition) segments.push({ definition, reading });
      continue;
    }
    const read = whole(reading, readCampaign(reading, root));
    if (!read) continue;
    campaigns.push({ definition: read.campaign, reading });
    if (read.implicit) segments.push({ definition: read.implicit, reading });
  }
  return { segments, campaigns, scores };
}
