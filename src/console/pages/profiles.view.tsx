/** Finding a profile. */
import { useVisitor } from '../frame/visitor.js';
import { Field } from '../parts/forms.js';
import { Empty } from '../parts/show.js';
import type { FoundProfile } from './find-profiles.js';
import { profileHref } from './profile-parts.view.js';

export function FindView({ asked, found }: { asked: string | undefined; found: FoundProfile[] }) {
  const { profiles } = useVisitor().texts;
  return (
    <>
      <h1>{profiles.title}</h1>
      <form class="inline" method="get" action="/console/profiles">
        <div class="wide">
          <Field label={profiles.find} name="id" value={asked} type="search" required />
        </div>
        <button class="first">{profiles.submit}</button>
      </form>
      {found.length > 0 && (
        <section class="card" aria-labelledby="found">
          <h2 id="found">{profiles.several}</h2>
          <ul>
            {found.map(({ id, address }) => (
              <li key={id}>
                <a href={profileHref(id)}>{profiles.profile(id)}</a> {address}
              </li>
            ))}
          </ul>
        </section>
      )}
      {asked !== undefined && found.length === 0 && (
        <Empty title={profiles.notFound(asked)}>
          <p>{profiles.hint}</p>
        </Empty>
      )}
      {asked === undefined && (
        <Empty title={profiles.startTitle}>
          <p>{profiles.start}</p>
        </Empty>
      )}
    </>
  );
}
