/** Messages, stage 4: what a template may read of a profile, an account and an enrolment. Pure. */
import type { ProjectDefinition } from '../language/definitions.js';
import type { GateFacts } from './gate-facts.sql.js';
import type { RenderContext, TemplateData } from './render-message.js';

type Filled = TemplateData & Pick<RenderContext, 'locale' | 'zone' | 'project'>;

/** `entry` of the enrolment that sends; the zone is the profile's, else the project's. */
export function templateData(
  facts: GateFacts,
  project: ProjectDefinition,
  { entry, iteration }: Pick<TemplateData, 'entry' | 'iteration'>,
): Filled {
  return {
    locale: facts.locale,
    zone: facts.zone ?? project.zone,
    project,
    profile: facts.traits,
    account: facts.accountTraits,
    entry,
    with: {},
    iteration,
  };
}
