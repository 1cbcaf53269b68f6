/**
 * What a key is for, as an editor shows it, and what its value looks like. By the key alone, or by `place.key` where it means
 * something else there. A key that is missing here is in the schema all the same (record-rules.ts), without a word. Pure.
 */
import type { JsonSchema } from './json-schema.js';

const text: JsonSchema = { type: 'string' };
const words: JsonSchema = { type: ['string', 'number', 'boolean'] };
const several = (of: JsonSchema): JsonSchema => ({ type: 'array', items: of });
const either = (...of: JsonSchema[]): JsonSchema => ({ anyOf: of });
const ref = (name: string): JsonSchema => ({ $ref: `#/definitions/${name}` });
const choice = (...of: string[]): JsonSchema => ({ enum: of });
const yes: JsonSchema = { const: true };
const flag: JsonSchema = { type: 'boolean' };
const time: JsonSchema = { type: 'string', examples: ['09:00', '10:30'] };
const number: JsonSchema = { type: 'number' };
const duration: JsonSchema = {
  type: 'string',
  pattern: '^\\d+ +(second|minute|hour|day|week|month|year)s?$',
  examples: ['3 days', '12 hours', '1 month'],
};
const conditions = several(ref('condition'));
const steps = several(ref('step'));
const names = either(text, several(text));

/** What a key says, and its value; a value that is not given may be anything. */
export const KEY_WORDS: Readonly<Record<string, readonly [says: string, value?: JsonSchema]>> = {
  // A segment, and everything with a condition.
  description: ['What it is for, in a sentence', text],
  who: ['The condition that its members meet', ref('condition')],
  all: ['Every one of these', conditions],
  any: ['At least one of these', conditions],
  none: ['The contrary of each of these', conditions],
  trait: ['A trait of the profile by its path, and what is asked of it', text],
  entry: ['A field of the data that the enrolment began with', text],
  event: ['The name of an event, a list of names, or any', names],
  segment: ['A member of this segment', text],
  'segment.is': ['Whether it is a member', words],
  topic: ['A topic of rekindle.yaml', text],
  'topic.is': ['subscribed or unsubscribed', words],
  sample: ['A share of all profiles, drawn once', either(text, ref('sample'))],
  account: ['The company that the profile belongs to'],
  campaign: ['Where it stands, or stood, in a campaign', text],
  message: ['What became of mails', text],
  score: ['A score, by number or by band', text],
  changed: ['The latest change of the trait', either(yes, ref('changed'))],
  'changed.from': ['What it was before', ref('tests')],
  'changed.to': ['What it became', ref('tests')],
  where: ['Properties of the event: a scalar means is, a list means in', ref('where')],
  occurrence: ['Only its first or its last event', choice('first', 'last')],
  never: ['It has not happened', yes],
  count: ['How often', either(number, ref('numbers'))],
  sum: ['What a property comes to', ref('numbers_of')],
  average: ['The average of a property', ref('numbers_of')],
  min: ['The least value of a property', ref('numbers_of')],
  max: ['The greatest value of a property', ref('numbers_of')],
  distinct: ['How many different values a property has', ref('numbers_of')],
  quiet_for: ['How long ago the last one was, at least', either(duration, ref('durations'))],
  within_last: ['Up to now; a day is 24 hours', duration],
  within_first: ['From the start of the profile, or of `of:`', duration],
  within_next: ['From now on', duration],
  anniversary_within_next: ['Its next anniversary is so near', duration],
  between: ['Both ends in', several(words)],
  since: [
    'Since entry, or since the latest event of a name',
    either(choice('entry'), ref('named_event')),
  ],
  of: ['The event that the window begins with, or the property', either(text, ref('named_event'))],
  followed_by: ['An event that came after it', either(names, ref('answer'))],
  not_followed_by: ['An event that did not come after it in time', either(names, ref('answer'))],
  within: ['How long the answer, or the goal, counts', duration],
  same: ['A property that both have with one value', text],
  took: ['How long it took to the answer', ref('durations')],
  // Tests.
  is: ['Exactly this', words],
  is_not: ['Anything else; not where it is missing', words],
  in: ['One of these', several(words)],
  not_in: ['None of these; not where it is missing', several(words)],
  more_than: ['Greater', words],
  less_than: ['Less', words],
  at_least: ['Greater or equal', words],
  at_most: ['Less or equal; of wait_for how long it waits', words],
  contains: ['A part of a text, an element of a list', words],
  contains_any: ['One of these parts or elements', several(words)],
  starts_with: ['How a text begins', words],
  ends_with: ['How a text ends', words],
  matches: ['A pattern, unanchored', text],
  exists: ['It has a value', yes],
  missing: ['It has no value', yes],
  before: ['Before a day or a moment; of a date so long before it', words],
  after: ['After a day or a moment; of a date so long after it', words],
  // A campaign.
  purpose: [
    'transactional mail passes consent; default: marketing',
    choice('marketing', 'transactional'),
  ],
  from: ['A sender of rekindle.yaml', text],
  draft: ['A draft enrols nobody', flag],
  enter: ['Who enters, and when', ref('enter')],
  exit: ['What ends it: events from entry on, or states', either(ref('condition'), conditions)],
  while: ['It ends as soon as this is not true', ref('condition')],
  ends_after: ['It ends so long after entry', duration],
  goal: ['What it is for: an event, counted in the time after entry', ref('goal')],
  'goal.value': ['The property that says what it is worth', text],
  'goal.ends': ['Whether reaching it ends the enrolment; default: true', flag],
  steps: ['What happens, in order', steps],
  current: ['Take in those who are in the segment when it goes live', flag],
  if_left: ['What leaving the segment does; default: exit', choice('exit', 'stay')],
  ignore_older_than: [
    'An event that came later than this starts nothing; default: 1 day',
    duration,
  ],
  api: ['Entered by request, or by broadcast', choice('enrolment', 'broadcast')],
  if: ['Only when this is true', ref('condition')],
  per: ['One passage for each value of this property', text],
  needs: ['Fields that the entry must have', several(text)],
  again: ['Whether it may enter once more: never, always, or after a time', text],
  if_active: ['What entering again does to one under way', choice('ignore', 'refresh', 'restart')],
  zone: ['profile, project, or a zone such as Europe/Berlin', text],
  // Steps.
  id: ['A name that stays the same across versions', text],
  send: ['A template to send', text],
  wait: ['How long', duration],
  at: ['The time of day', time],
  'timeline.at': ['When, local to the profile', text],
  wait_until: [
    'A time, a weekday and time, a moment, or a date of the profile',
    either(text, ref('date')),
  ],
  'date.before': ['So long before the date', duration],
  'date.after': ['So long after the date', duration],
  'date.every': ['Every month, or every year', text],
  if_past: ['When the time has passed; default: skip', choice('skip', 'continue', 'exit')],
  if_missing: ['When there is no such date; default: skip', choice('skip', 'continue', 'exit')],
  wait_for: ['An event from now on, or a state', ref('condition')],
  'wait_for.at_most': ['How long it waits', duration],
  then: ['Steps when it came, or when `if` is true', steps],
  else: ['Steps otherwise', steps],
  branch: ['The first arm whose `if` is true', several(ref('arm'))],
  split: [
    'Arms by lot, with their shares',
    { type: 'object', additionalProperties: ref('split_arm') },
  ],
  share: ['How many, in percent', { type: 'string', pattern: '^\\d+(\\.\\d+)? ?%$' }],
  repeat: ['How often', number],
  every: ['From one round to the next', duration],
  set: ['Traits to set', { type: 'object' }],
  unset: ['Traits to take away', names],
  subscribe: ['A topic, or all', names],
  unsubscribe: ['A topic, or all', names],
  track: ['An event to record', text],
  enrol: ['A campaign to enter', text],
  with: ['What goes along', { type: 'object' }],
  'exit_step.exit': ['Ends here, for this reason', text],
};
