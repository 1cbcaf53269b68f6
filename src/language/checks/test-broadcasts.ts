/** Broadcasts in tests of campaigns that take none: nobody could send them. */
import type { CampaignDefinition } from '../definitions.js';
import type { Reading } from '../reading.js';
import type { TestFile } from '../tests/test-definitions.js';

/** An unknown campaign is reported as such. */
export function checkTestBroadcasts(
  reading: Reading,
  file: TestFile,
  campaigns: readonly { definition: CampaignDefinition }[],
): void {
  const enter = campaigns.find(({ definition }) => definition.id === file.campaign)?.definition
    .enter;
  if (!enter || enter.kind === 'broadcast') return;
  for (const { timeline } of file.tests)
    for (const entry of timeline)
      if (entry.action?.kind === 'broadcast')
        reading.error(
          'RK701',
          reading.placeOf(entry.action),
          `a broadcast of ${file.campaign}, which takes none`,
          'let happen what its enter: names, or enter it by api: broadcast',
        );
}
