/** One segment file -> `SegmentDefinition`. */
import { readCondition } from './conditions/read-condition.js';
import { IN_SEGMENT } from './conditions/scope.js';
import type { SegmentDefinition } from './definitions.js';
import { Fields } from './fields.js';
import type { Reading } from './reading.js';
import { readProse } from './scalars/read-text.js';
import type { Node } from './syntax/nodes.js';

export function readSegment(reading: Reading, root: Node): SegmentDefinition | undefined {
  const map = reading.asMap(root, 'a segment');
  if (!map) return undefined;
  const fields = new Fields(reading, map, {
    what: 'a segment',
    keys: ['description', 'who'],
    elsewhere: {
      name: "the file's name is the segment's; description: is for a text",
      all: 'conditions stand in who:',
      any: 'conditions stand in who:',
      event: 'conditions stand in who:',
      trait: 'conditions stand in who:',
    },
  });
  const description = fields.optional('description', (node) =>
    readProse(reading, node, '`description:`'),
  );
  const node = fields.need('who', 'who: { trait: plan, is: pro }');
  const who = node && readCondition(reading, node, IN_SEGMENT);
  if (description === undefined || !who) return undefined;
  return reading.placed<SegmentDefinition>(
    { kind: 'segment', id: reading.file.id, description, implicitFor: null, who },
    fields.key('who')!,
  );
}
