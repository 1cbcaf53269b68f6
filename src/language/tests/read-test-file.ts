/** One file of campaign tests -> `TestFile`. Whole or not at all: a test that is half understood proves nothing. */
import { readZone } from '../scalars/read-time.js';
import { mapOf } from '../scalars/read-data.js';
import { readBoolean, readChoice, readName, readText } from '../scalars/read-text.js';
import { Fields } from '../fields.js';
import { ourWordFor } from '../foreign-words.js';
import type { Reading } from '../reading.js';
import { valueOf, type MapNode, type Node } from '../syntax/nodes.js';
import { nearest } from '../words.js';
import { readMoment } from './read-moment.js';
import { readTimeline } from './read-timeline.js';
import type { CampaignTest, TestFile, TestProfile, TimelineEntry } from './test-definitions.js';

/** Undefined when something is wrong, which is reported. */
export function readTestFile(reading: Reading, root: Node): TestFile | undefined {
  const map = reading.asMap(root, 'a file of tests');
  if (!map) return undefined;
  const fields = new Fields(reading, map, {
    what: 'a file of tests',
    keys: ['campaign', 'zone', 'tests'],
    elsewhere: {
      profiles: 'it belongs to one test: tests: [{ name, profiles, timeline }]',
      timeline: 'it belongs to one test: tests: [{ name, profiles, timeline }]',
    },
  });
  const campaignNode = fields.need('campaign', 'campaign: win-back');
  const campaign = campaignNode && readName(reading, campaignNode, 'a campaign');
  if (campaign) reading.refer('campaign', campaign);
  const zone = fields.optional('zone', (node) => readZone(reading, node, []));
  const testsNode = fields.need('tests', 'tests: [{ name, profiles, timeline }]');
  const tests = testsNode && readTests(reading, testsNode);
  if (!campaign || zone === undefined || !tests) return undefined;
  const { line } = reading.lines.position(campaign.start);
  return { path: reading.file.path, campaign: campaign.text, campaignLine: line, zone, tests };
}

function readTests(reading: Reading, node: Node): CampaignTest[] | undefined {
  const tests = reading.asList(node, '`tests:`')?.map((item) => readTest(reading, item));
  if (tests?.length === 0)
    reading.error('RK004', node, '`tests:` has an empty list', 'a file of tests has at least one');
  return tests?.filter((test) => test !== undefined);
}

function readTest(reading: Reading, node: Node): CampaignTest | undefined {
  const map = reading.asMap(node, 'a test');
  if (!map) return undefined;
  const fields = new Fields(reading, map, {
    what: 'a test',
    keys: ['name', 'profiles', 'accounts', 'timeline'],
    elsewhere: {
      campaign: 'it stands once, at the top of the file',
      expect: 'it belongs to an entry of the timeline',
    },
  });
  const nameNode = fields.need('name', 'say what the campaign shall do');
  const name = nameNode && readText(reading, nameNode, '`name:`');
  const profilesNode = fields.need('profiles', 'profiles: { ann: { email: ann@example.com } }');
  const profiles = profilesNode && readProfiles(reading, profilesNode);
  const accounts = fields.optional('accounts', (value) => readAccounts(reading, value));
  const timelineNode = fields.need(
    'timeline',
    'timeline: [{ at: 2026-01-05 10:00, event: login }]',
  );
  const timeline =
    timelineNode && profiles && readTimeline(reading, timelineNode, Object.keys(profiles));
  const known =
    profilesNode && accounts !== undefined && knowsAccounts(reading, profilesNode, accounts ?? {});
  if (profiles && timeline) needCompanies(reading, profiles, timeline);
  if (name === undefined || !profiles || accounts === undefined || !timeline || !known)
    return undefined;
  const { line } = reading.lines.range(map).start;
  return { name, line, profiles, accounts: accounts ?? {}, timeline };
}

function readProfiles(reading: Reading, node: Node): Record<string, TestProfile> | undefined {
  const map = reading.asMap(node, '`profiles:`');
  if (!map) return undefined;
  if (map.entries.length === 0 && !map.incomplete)
    return reading.error('RK004', map, '`profiles:` is empty', 'a test is about at least one');
  const pairs = map.entries.map(({ key, value }) => {
    const profile = readProfile(reading, value);
    return profile && ([key.text, profile] as const);
  });
  return pairs.every((pair) => pair !== undefined) ? Object.fromEntries(pairs) : undefined;
}

/** Traits that every profile has stand on their own; the others under `traits:`. */
const OWN_TRAITS = ['email', 'timezone', 'locale', 'first_name'];

const PROFILE_KEYS = [
  ...OWN_TRAITS,
  'traits',
  'topics',
  'split',
  'sample',
  'held_out',
  'first_seen',
  'account',
];

/** Traits of the application that stand beside those of everybody: whatever is no slip of a key. */
function traitsMeant({ entries }: MapNode): Record<string, string> {
  const others = entries.filter(
    ({ key: { text } }) =>
      !PROFILE_KEYS.includes(text) &&
      nearest(text, PROFILE_KEYS) === null &&
      ourWordFor(text, PROFILE_KEYS) === null,
  );
  return Object.fromEntries(
    others.map(({ key: { text }, value }) => [
      text,
      `traits of your own stand inside traits: { ${text}: ${value.kind === 'text' ? value.text : '…'} }`,
    ]),
  );
}

function readProfile(reading: Reading, node: Node): TestProfile | undefined {
  const map = reading.asMap(node, 'a profile');
  if (!map) return undefined;
  const fields = new Fields(reading, map, {
    what: 'a profile',
    keys: PROFILE_KEYS,
    elsewhere: traitsMeant(map),
  });
  const own = OWN_TRAITS.map((trait) => {
    const text = fields.optional(trait, (value) =>
      trait === 'timezone'
        ? readZone(reading, value, [])
        : readText(reading, value, `\`${trait}:\``),
    );
    return [trait, text] as const;
  });
  const traits = fields.optional('traits', (value) => {
    const written = reading.asMap(value, '`traits:`');
    const own = written?.entries
      .map(({ key }) => key)
      .find(({ text }) => OWN_TRAITS.includes(text));
    if (own)
      return reading.error(
        'RK101',
        own,
        `\`${own.text}\` is not a key of \`traits:\``,
        `write ${own.text}: beside traits:, not inside it`,
      );
    return written && mapOf(written);
  });
  const topics = fields.optional('topics', (value) => readTopics(reading, value));
  const arms = fields.optional('split', (value) => readArms(reading, value));
  const samples = fields.optional('sample', (value) => readSamples(reading, value));
  const heldOut = fields.optional('held_out', (value) =>
    readBoolean(reading, value, '`held_out:`'),
  );
  const firstSeen = fields.optional('first_seen', (value) => readMoment(reading, value));
  const account = fields.optional('account', (value) => readText(reading, value, '`account:`'));
  if (own.some(([, text]) => text === undefined) || traits === undefined) return undefined;
  if (topics === undefined || arms === undefined || samples === undefined) return undefined;
  if (firstSeen === undefined || account === undefined || heldOut === undefined) return undefined;
  const stated = own.filter(([, text]) => text !== null);
  return {
    traits: { ...Object.fromEntries(stated), ...traits },
    topics: topics ?? {},
    arms: arms ?? {},
    samples: samples ?? [],
    heldOut: heldOut ?? false,
    firstSeen,
    account,
  };
}

function readTopics(reading: Reading, node: Node): Record<string, boolean> | undefined {
  const map = reading.asMap(node, '`topics:`');
  const pairs = map?.entries.map(({ key, value }) => {
    reading.refer('topic', key);
    const words = ['subscribed', 'unsubscribed'] as const;
    const word = readChoice(reading, value, `the topic ${key.text}`, words);
    return word && ([key.text, word === 'subscribed'] as const);
  });
  return pairs?.every((pair) => pair !== undefined) ? Object.fromEntries(pairs) : undefined;
}

/** `split: { subject-test: offer }` */
function readArms(reading: Reading, node: Node): Record<string, string> | undefined {
  const map = reading.asMap(node, '`split:`');
  const pairs = map?.entries.map(({ key, value }) => {
    const arm = readName(reading, value, 'an arm of a split');
    return arm && ([key.text, arm.text] as const);
  });
  if (!map || !pairs?.every((pair) => pair !== undefined)) return undefined;
  return reading.placed(Object.fromEntries(pairs), map);
}

/** `sample: power-users`, or a list: the samples it is in, by the file that draws them or their salt. */
function readSamples(reading: Reading, node: Node): string[] | undefined {
  const items = node.kind === 'list' ? node.items : [node];
  const salts = items.map((item) => readText(reading, item, '`sample:`'));
  return salts.every((salt) => salt !== undefined) ? salts : undefined;
}

function readAccounts(reading: Reading, node: Node): CampaignTest['accounts'] | undefined {
  const map = reading.asMap(node, '`accounts:`');
  const pairs = map?.entries.map(({ key, value }) => {
    const account = reading.asMap(value, 'an account');
    const traits = account && traitsOf(reading, account);
    return traits && ([key.text, traits] as const);
  });
  return pairs?.every((pair) => pair !== undefined) ? Object.fromEntries(pairs) : undefined;
}

/** `{ traits: {...} }`, or the traits themselves. */
function traitsOf(reading: Reading, account: MapNode): Record<string, unknown> | undefined {
  const traits = valueOf(account, 'traits');
  if (traits?.kind !== 'map') return mapOf(account);
  const fields = new Fields(reading, account, {
    what: 'an account with `traits:`',
    keys: ['traits'],
  });
  return account.entries.length === 1 && fields.has('traits') ? mapOf(traits) : undefined;
}

/** What is said of a company is said of that of the profile. */
function needCompanies(
  reading: Reading,
  profiles: CampaignTest['profiles'],
  timeline: readonly TimelineEntry[],
): void {
  for (const { profile, action } of timeline) {
    if (action?.kind !== 'set_account' || profiles[profile]!.account !== null) continue;
    reading.error(
      'RK702',
      reading.placeOf(action),
      `${profile} belongs to no account`,
      'say account: in the profile, and accounts: beside the profiles',
    );
  }
}

function knowsAccounts(
  reading: Reading,
  profiles: Node,
  accounts: CampaignTest['accounts'],
): boolean {
  const entries = profiles.kind === 'map' ? profiles.entries : [];
  const unknown = entries.flatMap(({ value }) => {
    const account =
      value.kind === 'map' ? value.entries.find(({ key }) => key.text === 'account')?.value : null;
    return account?.kind === 'text' && !Object.hasOwn(accounts, account.text) ? [account] : [];
  });
  for (const account of unknown)
    reading.error(
      'RK702',
      account,
      `the test has no account \`${account.text}\``,
      `add accounts: { ${account.text}: { plan: team } }`,
    );
  return unknown.length === 0;
}
