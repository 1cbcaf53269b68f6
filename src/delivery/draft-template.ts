/**
 * A template that is not live (yet), with what its mail rests on: for whoever writes it and wants to see it before it is
 * applied. Plain JSON, as it waits for a mailer with the test that somebody asked for. No code.
 */
import type {
  CampaignDefinition,
  ProjectDefinition,
  SegmentDefinition,
} from '../language/definitions.js';
import type { TemplateDefinition } from '../language/templates/template-definition.js';

export interface Draft {
  project: ProjectDefinition;
  /** That send it. */
  campaigns: CampaignDefinition[];
  /** That conditions of their steps name; absent: those that are live. */
  segments?: SegmentDefinition[];
  template: TemplateDefinition;
}
