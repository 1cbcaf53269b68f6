/** On a campaign's page: that somebody goes on with an earlier version, and how far moving them has come. */
import type { StoredMigration } from '../../campaigns/migrations.sql.js';
import { useVisitor } from '../frame/visitor.js';

export function migrateHref(campaign: string): string {
  return `/console/campaigns/${encodeURIComponent(campaign)}/migrate`;
}

interface Earlier {
  campaign: string;
  /** Which is live. */
  version: number;
  /** Enrolments on other versions. */
  earlier: number;
  /** The latest migration. */
  latest: StoredMigration | null;
}

export function EarlierVersions({ campaign, version, earlier, latest }: Earlier) {
  const visitor = useVisitor();
  const { migrations } = visitor.texts;
  const moving = latest !== null && latest.left > 0;
  if (earlier === 0 && !moving) return null;
  return (
    <aside class="next" id="earlier" data-live aria-label={migrations.earlier(earlier)}>
      <p>
        {moving
          ? migrations.underWay(
              visitor.number(latest.moved),
              visitor.number(latest.asked),
              latest.to,
            )
          : migrations.earlier(earlier)}
      </p>
      {!moving && visitor.may('operator') && (
        <p class="actions">
          <a class="button" href={migrateHref(campaign)}>
            {migrations.begin(version)}
          </a>
        </p>
      )}
    </aside>
  );
}
