/** Timelines that go back: nobody can say whether that was meant. */
import type { Reading } from '../reading.js';
import { entryInstants } from '../tests/entry-instants.js';
import type { TestFile } from '../tests/test-definitions.js';

/** `projectZone`: of profiles and files without one. */
export function checkTestTimelines(reading: Reading, file: TestFile, projectZone: string): void {
  for (const test of file.tests) {
    const instants = entryInstants(test, file.zone ?? projectZone);
    test.timeline.forEach((entry, index) => {
      if (index === 0 || instants[index]! >= instants[index - 1]!) return;
      reading.error(
        'RK703',
        reading.placeOf(entry),
        `this is before the entry above it, on line ${test.timeline[index - 1]!.line}`,
        'write entries in the order of time; two may share a minute',
      );
    });
  }
}
