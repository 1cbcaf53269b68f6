/**
 * Every template rendered with its own sample, as the campaigns that send it would. In: checked definitions
 * and one compiled variant. Out: what a profile's mail would fail on, with where and what to do. Pure.
 */
import type { Purpose } from '../core/reasons.js';
import type { Definitions, ProjectDefinition } from '../language/definitions.js';
import type { TemplateVariant } from '../language/templates/template-definition.js';
import { allSteps } from '../language/steps.js';
import { nearest } from '../language/words.js';
import type { CompiledTemplate } from './compile-template.js';
import { type TemplateData, renderMessage } from './render-message.js';

/** Unused defaults that are said of one template; each is compared with every variable. */
const MAX_UNUSED = 20;

/** One failure; `where` is as the compiler names places, `name` the word to point at there. */
export interface SampleProblem {
  code: 'RK608' | 'RK609';
  where: string;
  name?: string;
  message: string;
  help?: string;
}

/** The purposes of the campaigns that send each template, by template id. */
export function purposesOf({
  campaigns,
}: Pick<Definitions, 'campaigns'>): ReadonlyMap<string, ReadonlySet<Purpose>> {
  const purposes = new Map<string, Set<Purpose>>();
  const add = (template: string, purpose: Purpose): void =>
    void purposes.set(template, (purposes.get(template) ?? new Set()).add(purpose));
  for (const { purpose, steps } of campaigns)
    for (const step of allSteps(steps))
      if (step.kind === 'send') add(step.template, purpose);
      else if (step.kind === 'notify') add(step.template, 'notice');
  return purposes;
}

/** The first failure of the sample and every default that nothing reads; `compiled` holds this one variant. */
export function sampleProblems(
  compiled: CompiledTemplate,
  locale: string,
  variant: TemplateVariant,
  project: ProjectDefinition,
  sentAs: ReadonlySet<Purpose> = new Set(),
): SampleProblem[] {
  const { uses } = compiled.variants.get(locale)!;
  const problems = unusedDefaults(variant, uses);
  // Nobody sends it yet: a mail that links to the unsubscribe page is meant for marketing.
  const guess: Purpose = uses.includes('unsubscribe_url') ? 'marketing' : 'transactional';
  for (const purpose of sentAs.size > 0 ? sentAs : [guess]) {
    const outcome = renderMessage(compiled, {
      ...dataOf(variant.sample),
      purpose,
      locale: locale || project.locale,
      zone: project.zone,
      project,
      links: { unsubscribe: purpose === 'marketing' ? 'https://example.com/unsubscribe' : null },
    });
    if ('rendered' in outcome) continue;
    const { message, where, variable } = outcome.detail;
    const help = variable === undefined ? helpFor(message) : helpForVariable(variable, variant);
    const text = `the sample does not render: ${message}${purpose === 'marketing' || sentAs.size < 2 ? '' : ` (sent as ${purpose})`}`;
    return [
      ...problems,
      {
        code: 'RK608',
        where,
        message: text,
        ...(variable === undefined ? {} : { name: variable }),
        ...(help === undefined ? {} : { help }),
      },
    ];
  }
  return problems;
}

/** Only the five namespaces: whatever else a sample holds is not for templates. */
function dataOf(sample: Record<string, unknown>): TemplateData {
  const record = (name: string): Record<string, unknown> => {
    const value = Object.hasOwn(sample, name) ? sample[name] : undefined;
    return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {};
  };
  const iteration = Object.hasOwn(sample, 'iteration') ? Number(sample.iteration) : 0;
  return {
    profile: record('profile'),
    account: record('account'),
    entry: record('entry'),
    with: record('with'),
    iteration: Number.isSafeInteger(iteration) ? iteration : 0,
  };
}

function unusedDefaults({ defaults }: TemplateVariant, uses: readonly string[]): SampleProblem[] {
  const variables = uses.filter((name) => name.includes('.'));
  const used = new Set(uses);
  return Object.keys(defaults)
    .filter((name) => !used.has(name))
    .slice(0, MAX_UNUSED)
    .map((name) => {
      const near = nearest(name, variables) ?? variables.find((one) => one.endsWith(`.${name}`));
      const help = near
        ? `did you mean ${near}?`
        : 'name the variable as the template does, profile.first_name, or remove the default';
      const message = `the default of \`${name}\` is never used: the template does not read it`;
      return { code: 'RK609', where: 'defaults', name, message, help };
    });
}

function helpForVariable(variable: string, { sample, defaults }: TemplateVariant): string {
  const near = nearest(variable, [...Object.keys(defaults), ...pathsOf(dataOf(sample))]);
  return near && near !== variable
    ? `did you mean ${near}? Else give the sample a value for ${variable}`
    : `give the sample a value for ${variable}; profiles may lack it too, so consider a default`;
}

function helpFor(message: string): string | undefined {
  if (message.includes('{{unsubscribe_url}}'))
    return 'a marketing campaign sends it: use a layout that has the link, or write <a href="{{unsubscribe_url}}">…</a>';
  if (message.includes('only marketing mail has'))
    return 'it is not sent as marketing: put the link into {{#if (marketing)}}…{{/if}}';
  if (message.startsWith('date:'))
    return 'the value is a day, 2026-05-01, or an instant with offset; the style is "full", "long", "medium" or "short"';
  if (message.startsWith('time:')) return 'an instant with its offset, 2026-05-01T10:00:00+02:00';
  if (message.startsWith('money:'))
    return 'an amount and a currency of three letters: {{money entry.amount "EUR"}}';
  return undefined;
}

function pathsOf(value: unknown, prefix = ''): string[] {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [prefix];
  return Object.entries(value).flatMap(([key, inner]) =>
    pathsOf(inner, prefix ? `${prefix}.${key}` : key),
  );
}
