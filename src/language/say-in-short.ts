/**
 * A definition in a line, for whoever reads a list of many that are new: what it is and how much of it there is. `sayDefinition`
 * says all of it. Pure.
 */
import Handlebars from 'handlebars';
import { TEMPLATE_NAMESPACES } from '../core/template-helpers.js';
import { printOpening } from './campaigns/print-enter.js';
import { printCondition } from './conditions/print-condition.js';
import type { CampaignDefinition, Definition } from './definitions.js';
import { allSteps } from './steps.js';
import type { TemplateDefinition } from './templates/template-definition.js';

/** Longer conditions are cut: the file has all of it. */
const MAX_CHARACTERS = 100;

/** `enter: event: signed_up; 7 steps, 3 mails`, `2 languages (default, ru), 4 variables: Welcome, {{profile.first_name}}`. */
export function sayInShort(definition: Definition): string {
  switch (definition.kind) {
    case 'project': {
      const { zone, senders, topics } = definition;
      return `zone ${zone}, ${counted(senders, 'sender')}, ${counted(topics, 'topic')}`;
    }
    case 'segment':
      return cut(definition.description ?? printCondition(definition.who));
    case 'score':
      return `${counted(definition.points, 'rule')} of points, ${counted(definition.bands, 'band')}`;
    case 'campaign':
      return sayCampaign(definition);
    case 'template':
      return sayTemplate(definition);
  }
}

function sayCampaign(campaign: CampaignDefinition): string {
  const steps = allSteps(campaign.steps);
  const mails = steps.filter(({ kind }) => kind === 'send');
  const draft = campaign.draft ? 'draft; ' : '';
  return `${draft}enter: ${cut(printOpening(campaign))}; ${counted(steps, 'step')}, ${counted(mails, 'mail')}`;
}

function sayTemplate({ variants }: TemplateDefinition): string {
  const locales = Object.keys(variants).map((locale) => locale || 'default');
  const variables = new Set(Object.values(variants).flatMap(textsOf).flatMap(variablesOf));
  const subject = (variants[''] ?? Object.values(variants)[0])!.subject;
  return `${counted(locales, 'language')} (${locales.join(', ')}), ${counted([...variables], 'variable')}: ${cut(subject)}`;
}

type Variant = TemplateDefinition['variants'][string];

function textsOf({ subject, preheader, body, layout, text, partials }: Variant): string[] {
  const texts = [subject, preheader, body, layout, text, ...Object.values(partials)];
  return texts.filter((one) => one !== null);
}

/** Each by its whole path, `profile.first_name`. */
function variablesOf(text: string): string[] {
  const found: string[] = [];
  class Paths extends Handlebars.Visitor {
    override PathExpression({ original, data }: hbs.AST.PathExpression): void {
      const [namespace = '', ...rest] = original.split('.');
      if (!data && rest.length > 0 && NAMESPACES.includes(namespace)) found.push(original);
    }
  }
  new Paths().accept(Handlebars.parse(text));
  return found;
}

const NAMESPACES: readonly string[] = TEMPLATE_NAMESPACES;

function counted(of: object, one: string): string {
  const n = Object.keys(of).length;
  return `${n} ${one}${n === 1 ? '' : 's'}`;
}

function cut(text: string): string {
  return text.length <= MAX_CHARACTERS ? text : `${text.slice(0, MAX_CHARACTERS - 1).trimEnd()}…`;
}
