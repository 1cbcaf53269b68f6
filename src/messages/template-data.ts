/** Messages, stage 4: what a template may read of a profile, an account and an enrolment. Pure. */
import type { ProjectDefinition } from '../language/definitions.js';
import type { GateFacts } from './gate-facts.sql.js';
import type { RenderContext, TemplateData } from './render-message.js';

type Filled = TemplateData & Pick<RenderContext, 'locale' | 'zone' | 'project'>;

/** The same for a notice: colleagues read it, in the project's language and zone. */
export function noticeData(
  facts: GateFacts,
  project: ProjectDefinition,
  said: Pick<TemplateData, 'entry' | 'with' | 'iteration'>,
): Filled {
  const { locale, zone } = project;
  return { ...templateData(facts, project, said), locale, zone };
}

/** `entry` is of the enrolment that sends, `with` of its step; the zone is the profile's, else the project's. */
export function templateData(
  facts: GateFacts,
  project: ProjectDefinition,
  said: Pick<TemplateData, 'entry' | 'with' | 'iteration'>,
): Filled {
  return {
    locale: facts.locale,
    zone: facts.zone ?? project.zone,
    project,
    profile: facts.traits,
    account: facts.accountTraits,
    ...said,
  };
}
