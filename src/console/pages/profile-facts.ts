/** What the page of a profile shows of it. */
import type { StoredEnrolment } from '../../campaigns/enrolments.sql.js';
import type { LastFailure } from '../../delivery/last-failure.sql.js';
import type { StoredProfile } from '../../ingest/profiles.sql.js';
import type { TraitChange } from '../../ingest/trait-changes.sql.js';
import type { CampaignDefinition } from '../../language/definitions.js';
import type { Topic } from '../../language/project/project-shapes.js';
import type { ProfilePause } from '../../messages/profile-pauses.sql.js';
import type { Suppression } from '../../messages/suppressions.sql.js';
import type { ProfileScore } from '../../segments/profile-scores.js';
import type { Membership } from '../../segments/segments.sql.js';

export interface ProfileFacts {
  profile: StoredProfile;
  /** Of the project, by name. */
  topics: Record<string, Topic>;
  address: string | null;
  suppression: Suppression | null;
  failure: LastFailure | null;
  pause: ProfilePause | null;
  changes: ReadonlyMap<string, TraitChange>;
  memberships: Membership[];
  scores: ProfileScore[];
  enrolments: StoredEnrolment[];
  /** Of those under way, by `<campaign>/<version>`. */
  versions: ReadonlyMap<string, CampaignDefinition>;
}
