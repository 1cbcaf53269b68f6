/** What pages about one profile share. */
import type { ComponentChildren } from 'preact';
import type { StoredProfile } from '../../ingest/profiles.sql.js';
import { useVisitor } from '../frame/visitor.js';

/** The page of a profile, or one below it. */
export function profileHref(id: number, below = ''): string {
  return `/console/profiles/${id}${below && `/${below}`}`;
}

/** How people call it. */
export function nameOf({ userIds, id }: Pick<StoredProfile, 'userIds' | 'id'>): string {
  return userIds[0] ?? String(id);
}

/** The heading of a page about a profile, with the way back to it. */
export function Heading({
  title,
  profile,
  children,
}: {
  title: string;
  profile: Pick<StoredProfile, 'userIds' | 'id'>;
  children?: ComponentChildren;
}) {
  const { profiles } = useVisitor().texts;
  return (
    <>
      <div class="title">
        <h1>{title}</h1>
        {children}
      </div>
      <p class="lead">
        {profiles.profileOne} <a href={profileHref(profile.id)}>{nameOf(profile)}</a>
      </p>
    </>
  );
}
