/** Names used in one file and defined in another. */
import type { Reading, ReferenceKind } from '../reading.js';
import { suggest } from '../words.js';
import type { Code } from '../codes.js';

/** What exists, by kind; null = unknown because the file that says so could not be read. */
export type KnownNames = Record<ReferenceKind, ReadonlySet<string> | null>;

const CODE: Record<ReferenceKind, Code> = {
  segment: 'RK501',
  score: 'RK517',
  campaign: 'RK507',
  send: 'RK508',
  template: 'RK502',
  topic: 'RK503',
  sender: 'RK504',
  endpoint: 'RK512',
};
const PLACE: Record<ReferenceKind, string> = {
  segment: 'segments are the files in segments/',
  score: 'scores are the files in scores/',
  campaign: 'campaigns are the files in campaigns/',
  send: 'sends are steps of campaigns, by campaign/step',
  template: 'templates are the files in templates/',
  topic: 'topics stand in rekindle.yaml',
  sender: 'senders stand in rekindle.yaml',
  endpoint: 'endpoints stand in rekindle.yaml',
};

export function checkReferences(reading: Reading, known: KnownNames): void {
  for (const { kind, name, at } of reading.references) {
    const names = known[kind];
    if (names === null || names.has(name)) continue;
    reading.error(CODE[kind], at, `there is no ${kind} \`${name}\``, () => {
      const below = kind === 'template' ? name.replace(/^templates\//, '') : name;
      if (below !== name && names.has(below)) return `did you mean ${below}?`;
      const help = suggest(name, [...names], `${kind}s`);
      return names.size === 0 ? `${help}; ${PLACE[kind]}` : help;
    });
  }
}
