/**
 * What is live, as files again: for whoever changes one of them without having the others. Project, segments and
 * campaigns are what their authors wrote. Of templates the versions hold everything but the division into files, so
 * theirs are made up: each variant its own layout and partials, its body on the line where it was. Checked again they
 * give the same definitions, and so no change (test/definitions/live-sources.spec.ts).
 */
import type { Queryable } from '../core/queryable.js';
import type {
  TemplateDefinition,
  TemplateVariant,
} from '../language/templates/template-definition.js';
import type { SourceFile } from '../language/source-file.js';

interface Row {
  kind: 'project' | 'segment' | 'score' | 'campaign' | 'template';
  name: string;
  source: string;
  definition: TemplateDefinition | null;
}

/** Every file of the live configuration, by path; empty before the first apply. */
export async function loadLiveSources(sql: Queryable): Promise<SourceFile[]> {
  const { rows } = await sql.query<Row>(
    `select l.kind, l.name, v.source, case when l.kind = 'template' then v.definition end as definition
     from live_definitions l join definition_versions v on v.id = l.version_id
     order by l.kind, l.name`,
  );
  const campaigns = new Set(
    rows.filter(({ kind }) => kind === 'campaign').map(({ name }) => `${name}/who`),
  );
  const written = rows
    // A campaign's own segment stands in the campaign's file.
    .filter(({ kind, name }) => kind !== 'template' && !(kind === 'segment' && campaigns.has(name)))
    .map(toFile);
  const templates = rows.flatMap(({ definition }) => (definition ? [definition] : []));
  return [...written, ...filesOf(templates)];
}

/** Where a definition lies in a configuration. */
export function pathOf({ kind, name }: Pick<Row, 'kind' | 'name'>): string {
  return kind === 'project' ? 'config/rekindle.yaml' : `config/${kind}s/${name}.yaml`;
}

function toFile({ kind, name, source }: Row): SourceFile {
  return { kind, id: name, path: pathOf({ kind, name }), text: source };
}

function filesOf(templates: readonly TemplateDefinition[]): SourceFile[] {
  const files = new Map<string, SourceFile>();
  const add = (file: Omit<SourceFile, 'path'>): void => {
    const { kind, id, locale, format } = file;
    const folder = kind === 'layout' || kind === 'partial' ? `${kind}s/` : '';
    const path = `templates/${folder}${id}${locale ? `.${locale}` : ''}.${format ?? 'txt'}`;
    files.set(path, { ...file, path });
  };
  const layouts = new Map<string, string>();
  for (const { id, variants } of templates)
    for (const [suffix, variant] of Object.entries(variants)) {
      const locale = suffix === '' ? {} : { locale: suffix };
      const { format, layout, partials, text } = variant;
      let name: string | null = null;
      if (layout !== null) {
        const key = `${format} ${layout}`;
        name = layouts.get(key) ?? `layout-${layouts.size + 1}`;
        layouts.set(key, name);
        add({ kind: 'layout', id: name, format, text: layout });
      }
      for (const [partial, body] of Object.entries(partials))
        add({ kind: 'partial', id: partial, format, ...locale, text: body });
      if (text !== null) add({ kind: 'text', id, ...locale, text });
      add({ kind: 'template', id, format, ...locale, text: textOf(variant, name) });
    }
  return [...files.values()];
}

/** JSON is YAML; blank lines keep the body where its author had it. */
function textOf(variant: TemplateVariant, layout: string | null): string {
  const { subject, preheader, from, defaults, sample, body, bodyLine = 0 } = variant;
  const frontMatter = JSON.stringify({
    subject,
    ...(preheader === null ? {} : { preheader }),
    ...(from === null ? {} : { from }),
    defaults,
    sample,
    layout: layout ?? 'none',
  });
  const blank = '\n'.repeat(Math.max(0, bodyLine - 4));
  return `---\n${frontMatter}\n${blank}---\n${body}`;
}
