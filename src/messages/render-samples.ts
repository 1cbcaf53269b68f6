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

/** What else is known where a template is rendered with its sample. */
export interface Beside {
  /** The purposes of the campaigns that send it; none: nobody does yet. */
  sentAs?: ReadonlySet<Purpose> | undefined;
  /** Whether a word stands in another file of the configuration: by that a slip is told from what is meant. */
  standsElsewhere: (word: string) => boolean;
}

/** The first failure of the sample and every default that nothing reads; `compiled` holds this one variant. */
export function sampleProblems(
  compiled: CompiledTemplate,
  locale: string,
  variant: TemplateVariant,
  project: ProjectDefinition,
  { sentAs = new Set(), standsElsewhere }: Beside,
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
    const slip =
      variable === undefined ? null : slipInSample(variable, { uses, variant, standsElsewhere });
    if (slip) return [...problems, slip];
    const help =
      variable === undefined ? helpFor(message) : helpForVariable(variable, variant, uses);
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

const NAMESPACES = ['profile', 'account', 'entry', 'with', 'iteration'];

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

/** A key of the sample that is no namespace, or that nothing reads, nearly the variable that has no value, where the other files know only the variable. */
function slipInSample(
  variable: string,
  {
    uses,
    variant: { sample },
    standsElsewhere,
  }: Pick<Beside, 'standsElsewhere'> & { uses: readonly string[]; variant: TemplateVariant },
): SampleProblem | null {
  const problem = (name: string, help: string): SampleProblem => ({
    code: 'RK608',
    where: 'sample',
    name,
    message: `the sample does not render: ${variable} has no value and no default, and nothing reads the sample's \`${name}\``,
    help,
  });
  const namespace = variable.split('.', 1)[0]!;
  const others = Object.keys(sample).filter((key) => !NAMESPACES.includes(key));
  const misnamed = Object.hasOwn(sample, namespace) ? null : nearest(namespace, others);
  if (misnamed !== null) return problem(misnamed, `did you mean ${namespace}?`);
  const near = nearest(variable, unreadOf(sample, uses));
  if (near === null) return null;
  const [written, meant] = [lastOf(near), lastOf(variable)];
  if (!standsElsewhere(meant) || standsElsewhere(written)) return null;
  const alike = near.slice(0, -written.length) === variable.slice(0, -meant.length);
  return problem(written, `did you mean ${alike ? meant : variable}?`);
}

/** Paths of the sample that the template does not read, nor anything that they are part of. */
function unreadOf(sample: Record<string, unknown>, uses: readonly string[]): string[] {
  return pathsOf(dataOf(sample)).filter(
    (path) => path.includes('.') && !uses.some((use) => path === use || path.startsWith(`${use}.`)),
  );
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

function helpForVariable(
  variable: string,
  { sample, defaults }: TemplateVariant,
  uses: readonly string[],
): string {
  const unread = nearest(variable, unreadOf(sample, uses));
  if (unread !== null)
    return `did you mean ${unread}, which the sample has and the template does not read? Else correct it in the sample`;
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
