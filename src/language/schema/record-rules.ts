/**
 * What may stand where, told by the readers themselves: they read a text, and every map that they meet says which keys it
 * may have. In: a text of one kind of definition. Out: the rules of its maps. So the schema for editors has the keys that
 * `validate` accepts, and cannot come to have others. Pure.
 */
import { readCampaign } from '../campaigns/read-campaign.js';
import { readProject } from '../project/read-project.js';
import { readSegment } from '../read-segment.js';
import { Reading } from '../reading.js';
import { readScore } from '../scores/read-score.js';
import { parseYaml } from '../syntax/parse-yaml.js';
import { readTestFile } from '../tests/read-test-file.js';

export const SCHEMA_KINDS = ['project', 'segment', 'score', 'campaign', 'test'] as const;
export type SchemaKind = (typeof SCHEMA_KINDS)[number];

export interface MapRules {
  what: string;
  keys: readonly string[];
}

export function recordRules(kind: SchemaKind, text: string): MapRules[] {
  const reading = new Reading({ kind, id: 'probe', path: 'probe.yaml', text });
  const rules: MapRules[] = [];
  reading.onFields = ({ what, keys }) => rules.push({ what, keys });
  const root = parseYaml(reading);
  if (!root) return rules;
  if (kind === 'project') readProject(reading, root);
  if (kind === 'segment') readSegment(reading, root);
  if (kind === 'score') readScore(reading, root);
  if (kind === 'campaign') readCampaign(reading, root);
  if (kind === 'test') readTestFile(reading, root);
  return rules;
}
