/** `expect:` - one expectation or a list of them, each found by its subject key. */
import { END_REASONS, REFUSAL_REASONS, SKIP_REASONS } from '../../core/reasons.js';
import { Fields, type FieldRules } from '../fields.js';
import { readReference } from '../campaigns/read-reference.js';
import { findSubject } from '../find-subject.js';
import type { Reading } from '../reading.js';
import { mapOf } from '../scalars/read-data.js';
import { readBoolean, readChoice, readText } from '../scalars/read-text.js';
import type { Node } from '../syntax/nodes.js';
import type { Expectation } from './test-definitions.js';

const SUBJECTS = [
  'sends',
  'notifies',
  'skips',
  'enters',
  'not_entered',
  'ends',
  'calls',
  'nothing',
];
const OPTIONS: Record<string, string[]> = {
  sends: ['to', 'subject', 'contains'],
  notifies: ['to', 'subject', 'contains'],
  skips: ['because'],
  enters: [],
  not_entered: [],
  ends: ['because'],
  calls: ['with'],
  nothing: [],
};

export function readExpectations(reading: Reading, node: Node): Expectation[] | undefined {
  const items = node.kind === 'list' ? node.items : [node];
  if (items.length === 0)
    return reading.error(
      'RK004',
      node,
      '`expect:` has an empty list',
      'say expect: { nothing: true }',
    );
  const read = items.map((item) => readExpectation(reading, item));
  return read.every((one) => one !== undefined) ? read : undefined;
}

function readExpectation(reading: Reading, node: Node): Expectation | undefined {
  const map = reading.asMap(node, '`expect:`');
  const subject =
    map &&
    findSubject(reading, map, {
      what: 'an expectation',
      subjects: SUBJECTS,
      options: ['to', 'subject', 'contains', 'because', 'with'],
      code: 'RK701',
    });
  if (!map || !subject) return undefined;
  const { line } = reading.lines.range(map).start;
  const rules: FieldRules = {
    what: `the expectation ${subject.word}`,
    keys: [subject.word, ...OPTIONS[subject.word]!],
    elsewhere: Object.fromEntries(
      SUBJECTS.filter((other) => other !== subject.word).map((other) => [
        other,
        'write several expectations as a list',
      ]),
    ),
  };
  const fields = new Fields(reading, subject.map, rules);
  const value = fields.get(subject.word);
  return value && readKind(reading, fields, subject.word, value, line);
}

function readKind(
  reading: Reading,
  fields: Fields,
  kind: string,
  value: Node,
  line: number,
): Expectation | undefined {
  const because = fields.optional('because', (node) =>
    kind === 'skips'
      ? readChoice(reading, node, '`because:`', SKIP_REASONS)
      : readText(reading, node, '`because:`'),
  );
  if (because === undefined) return undefined;
  switch (kind) {
    case 'sends':
    case 'notifies':
      return readSends(reading, fields, kind, value, line);
    case 'calls':
      return readCalls(reading, fields, value, line);
    case 'skips': {
      const step = readText(reading, value, '`skips:`');
      return step === undefined
        ? undefined
        : reading.placed({ line, kind, step, because } as const, value);
    }
    case 'ends': {
      const reason = readChoice(reading, value, '`ends:`', END_REASONS);
      return (
        reason &&
        reading.placed({ line, kind, reason, because } as const, fields.get('because') ?? value)
      );
    }
    case 'not_entered': {
      if (value.kind === 'text' && value.text === 'true') return { line, kind, because: null };
      const reason = readChoice(reading, value, '`not_entered:`', REFUSAL_REASONS);
      return reason && { line, kind, because: reason };
    }
    default: {
      const yes = readBoolean(reading, value, `\`${kind}:\``);
      if (yes === false)
        return reading.error('RK207', value, `\`${kind}:\` cannot be \`false\``, `${kind}: true`);
      return yes && { line, kind: kind as 'enters' | 'nothing' };
    }
  }
}

function readSends(
  reading: Reading,
  fields: Fields,
  kind: 'sends' | 'notifies',
  value: Node,
  line: number,
): Expectation | undefined {
  const step = readText(reading, value, `\`${kind}:\``);
  const to = fields.optional('to', (node) => readText(reading, node, '`to:`'));
  const subject = fields.optional('subject', (node) => readText(reading, node, '`subject:`'));
  const contains = fields.optional('contains', (node) => readTexts(reading, node));
  if (step === undefined || to === undefined || subject === undefined || contains === undefined)
    return undefined;
  const expected: Expectation = {
    line,
    kind,
    step,
    to,
    subject,
    contains: contains ?? [],
  };
  return reading.placed(expected, value);
}

/** `with:`: what the call holds at least. */
function readCalls(
  reading: Reading,
  fields: Fields,
  value: Node,
  line: number,
): Expectation | undefined {
  const endpoint = readReference(reading, value, 'endpoint');
  const values = fields.optional('with', (node) => {
    const map = reading.asMap(node, '`with:`');
    return map && mapOf(map);
  });
  if (endpoint === undefined || values === undefined) return undefined;
  return reading.placed({ line, kind: 'calls', endpoint, with: values ?? {} } as const, value);
}

function readTexts(reading: Reading, node: Node): string[] | undefined {
  const items = node.kind === 'list' ? node.items : [node];
  const texts = items.map((item) => readText(reading, item, '`contains:`'));
  return texts.every((text) => text !== undefined) ? texts : undefined;
}
