/** The question before a person is erased: what goes, what stays, and the id to be typed. */
import type { StoredProfile } from '../../ingest/profiles.sql.js';
import { useVisitor } from '../frame/visitor.js';
import { Csrf, Field } from '../parts/forms.js';
import { Table } from '../parts/show.js';
import { nameOf, profileHref } from './profile-parts.view.js';

interface Erase {
  profile: StoredProfile;
  tables: { name: string; n: number }[];
  /** What was typed was not the id. */
  mistyped: boolean;
}

export function EraseView({ profile, tables, mistyped }: Erase) {
  const visitor = useVisitor();
  const { profiles, common } = visitor.texts;
  const name = nameOf(profile);
  return (
    <form class="card narrow" method="post" action={profileHref(profile.id, 'erase')}>
      <h1>{profiles.eraseTitle(name)}</h1>
      <p>{profiles.eraseAbout}</p>
      <Table label={profiles.eraseRows} head={[profiles.table, profiles.rows]}>
        {tables.map(({ name: table, n }) => (
          <tr key={table}>
            <td>
              <code>{table}</code>
            </td>
            <td class="number">{visitor.number(n)}</td>
          </tr>
        ))}
      </Table>
      <p>{profiles.eraseElsewhere}</p>
      <Csrf />
      {mistyped && (
        <p class="problem" role="alert">
          {profiles.mistyped(name)}
        </p>
      )}
      <Field label={profiles.typeId(name)} name="typed" required maxLength={512} />
      <p class="actions">
        <button class="danger">{profiles.erase}</button>
        <a class="button quiet" href={profileHref(profile.id)}>
          {common.cancel}
        </a>
      </p>
    </form>
  );
}
