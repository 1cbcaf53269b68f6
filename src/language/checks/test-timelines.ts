/** Timelines that go back: nobody can say whether that was meant. */
import type { Reading } from '../reading.js';
import { entryInstants, zoneOfProfile } from '../tests/entry-instants.js';
import type { TestFile } from '../tests/test-definitions.js';

/** `projectZone`: of profiles and files without one. */
export function checkTestTimelines(reading: Reading, file: TestFile, projectZone: string): void {
  for (const test of file.tests) {
    const zone = file.zone ?? projectZone;
    const instants = entryInstants(test, zone);
    test.timeline.forEach((entry, index) => {
      if (index === 0 || instants[index]! >= instants[index - 1]!) return;
      reading.error(
        'RK703',
        reading.placeOf(entry),
        `this is before the entry above it, on line ${test.timeline[index - 1]!.line}`,
        helpFor(
          [entry, test.timeline[index - 1]!].map(({ profile }) =>
            zoneOfProfile(test, profile, zone),
          ),
        ),
      );
    });
  }
}

/** Of two people in two zones the clock alone does not tell. */
function helpFor([here, above]: string[]): string {
  const rule = 'write entries in the order of time';
  return here === above
    ? `${rule}; two may share a minute`
    : `${rule}: this one is in ${here}, the one above in ${above}, as each profile's \`timezone:\` says, else the project's`;
}
