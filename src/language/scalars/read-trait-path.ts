/** Paths of traits where a trait is named: without the `profile.` of templates, and no day in its place. */
import type { Path } from '../definitions.js';
import type { Reading } from '../reading.js';
import type { Node } from '../syntax/nodes.js';
import { dateMeant } from './date-meant.js';
import { readPath } from './read-text.js';
import { parseMoment } from './read-time.js';

export function readTraitPath(reading: Reading, node: Node, what: string): Path | undefined {
  const path = readPath(reading, node, what);
  const [first, ...rest] = path ?? [];
  if (first === 'profile' && rest.length > 0)
    reading.warn(
      'RK434',
      node,
      `this is the part ${rest.join('.')} of a trait that is called profile`,
      `traits are named as they are, profile. is for templates and value_of: write ${rest.join('.')}`,
    );
  return path;
}

/** The trait that a date is in. `instead`: how to write a day, and a time of it, that is the same for all. */
export function readDatePath(
  reading: Reading,
  node: Node,
  instead: (moment: string) => string,
): Path | undefined {
  const text = node.kind === 'text' ? node.text : '';
  const moment = parseMoment(text);
  if (text.startsWith('with.'))
    return reading.error(
      'RK319',
      node,
      'there is no step with values here',
      `a date is a trait, or a field of what it was entered with: entry.${text.slice('with.'.length)}`,
    );
  if (!moment && dateMeant(text) === null) return readTraitPath(reading, node, 'a date');
  return reading.error(
    'RK208',
    node,
    `\`${text}\` is a day, but \`date:\` names the trait that a day is in`,
    `write ${instead(moment?.kind === 'date' ? `${text} 09:00` : moment ? text : '2026-05-01 09:00')}`,
  );
}
