/** The whole live configuration, templates included, as it was applied. */
import type { Queryable } from '../core/queryable.js';
import type { Definition, Definitions, ProjectDefinition } from '../language/definitions.js';

/** What is live; null before the first apply. */
export async function liveDefinitions(sql: Queryable): Promise<Definitions | null> {
  const { rows } = await sql.query<{ project: ProjectDefinition; definition: Definition | null }>(
    `select r.project, v.definition
     from (select project from revisions order by id desc limit 1) r
     left join live_definitions l on l.kind <> 'project' left join definition_versions v on v.id = l.version_id
     order by v.kind, v.name`,
  );
  if (!rows[0]) return null;
  const found = rows.flatMap(({ definition }) => definition ?? []);
  return {
    project: rows[0].project,
    segments: found.filter((each) => each.kind === 'segment'),
    scores: found.filter((each) => each.kind === 'score'),
    campaigns: found.filter((each) => each.kind === 'campaign'),
    templates: found.filter((each) => each.kind === 'template'),
  };
}
