/**
 * Fields that `needs:` or `per:` ask for, and that this kind of entry never brings: nobody would get past them. What an event
 * or a request brings is not known here.
 */
import type { CampaignDefinition, Entry, Path } from '../definitions.js';
import type { Reading } from '../reading.js';
import { orList } from '../words.js';

const BROUGHT = { segment: [], trait: ['from', 'to'], date: ['date'], schedule: ['date'] } as const;

/** First names of all that entry data of this kind hold; null: that is up to the event, or to whoever asks. */
export function entryBrings(kind: Entry['kind']): readonly string[] | null {
  return kind in BROUGHT ? BROUGHT[kind as keyof typeof BROUGHT] : null;
}

/** What of `needs` and `per` nobody has who comes in by the entry itself. */
export function unbroughtFields({ kind, needs, per }: Entry): Path[] {
  const brings = entryBrings(kind);
  if (brings === null) return [];
  return [...needs, ...(per ? [per] : [])].filter((path) => !brings.includes(path[0]!));
}

export function checkUnbroughtData(reading: Reading, { enter }: CampaignDefinition): void {
  for (const path of unbroughtFields(enter)) {
    const brings = entryBrings(enter.kind)!;
    const by = enter.kind === 'segment' ? 'a segment or a condition' : `a ${enter.kind}`;
    const what =
      brings.length === 0 ? 'no data' : `${orList(brings).replace(' or ', ' and ')} only`;
    reading.error(
      'RK447',
      reading.placeOf(path),
      `nobody enters: entry by ${by} brings ${what}, and \`${path === enter.per ? 'per' : 'needs'}:\` asks for ${path.join('.')}`,
      'enter by the event that has it, or by api: enrolment; whether a profile has a trait is asked by if: { trait: …, exists: true }',
    );
  }
}
