/** Refused items that name one profile. */
import type { StoredProfile } from '../../ingest/profiles.sql.js';
import { MOST_SEARCHED, type StoredReject } from '../../ingest/rejects.sql.js';
import { useVisitor } from '../frame/visitor.js';
import { Empty, Table, Time } from '../parts/show.js';
import { Heading } from './profile-parts.view.js';

export function RejectsOfView({ profile, rows }: { profile: StoredProfile; rows: StoredReject[] }) {
  const visitor = useVisitor();
  const { profiles, system } = visitor.texts;
  return (
    <>
      <Heading title={profiles.rejects} profile={profile} />
      <p class="soft">{profiles.rejectsAbout(visitor.number(MOST_SEARCHED))}</p>
      {rows.length === 0 ? (
        <Empty title={profiles.noRejects} />
      ) : (
        <Table
          label={profiles.rejects}
          head={[system.received, system.call, system.code, system.detail, system.source]}
        >
          {rows.map(({ id, receivedAt, call, code, detail, source, item }) => (
            <tr key={id}>
              <td>
                <Time at={receivedAt} />
              </td>
              <td>{call}</td>
              <td>
                <code>{code}</code>
              </td>
              <td>
                {detail}
                <details>
                  <summary>{system.item}</summary>
                  <pre tabIndex={0}>{item}</pre>
                </details>
              </td>
              <td>{source}</td>
            </tr>
          ))}
        </Table>
      )}
    </>
  );
}
