/**
 * Variables that a template cannot be written without, and that the campaign which sends it cannot provide: every such
 * mail would fail. What profiles and companies have is not known here (the definitions are checked without a database).
 */
import type { CampaignDefinition, Entry, Path, PropertyTest, Step } from '../definitions.js';
import type { Reading } from '../reading.js';
import { allSteps } from '../steps.js';
import type { VariantNeeds } from '../templates/read-templates.js';
import { nearest } from '../words.js';
import { entryBrings } from './unbrought-data.js';

/** `needs`: of every template, by id; reported at the step that sends it. */
export function checkProvidedVariables(
  reading: Reading,
  campaign: CampaignDefinition,
  needs: ReadonlyMap<string, readonly VariantNeeds[]>,
): void {
  // What is wrong with a step may be its with:.
  const isWhole = !reading.hasErrors;
  for (const step of allSteps(campaign.steps)) {
    const template = templateOf(step);
    if (template === null) continue;
    const wanted = new Set(
      (needs.get(template) ?? []).flatMap((variant) =>
        // What is wrong in the template is mended first.
        variant.reading.hasErrors ? [] : [...variant.needs],
      ),
    );
    for (const variable of [...wanted].sort())
      if (isWhole || !variable.startsWith('with.')) report(reading, campaign, step, variable);
  }
}

function templateOf(step: Step): string | null {
  return step.kind === 'send' || step.kind === 'notify' ? step.template : null;
}

function report(
  reading: Reading,
  { enter }: CampaignDefinition,
  step: Step,
  variable: string,
): void {
  const [namespace, name] = variable.split('.', 2);
  const at = reading.placeOf(step);
  const read = `its template reads ${variable}`;
  if (namespace === 'with') {
    const given = 'with' in step ? Object.keys(step.with ?? {}) : [];
    if (name === undefined || given.includes(name)) return;
    const meant = nearest(name, given);
    return reading.error(
      'RK612',
      at,
      `${read}, which this step does not give it`,
      `${meant ? `did you mean with.${meant}? Else ` : ''}say with: { ${name}: … } at the step, or give it a default in the template`,
    );
  }
  if (namespace !== 'entry' || name === undefined) return;
  const known = fieldsOf(enter);
  if (known.has(name)) return;
  const near = nearest(name, known);
  const help = `${near ? `did you mean entry.${near}? Else ` : ''}give it a default in the template, or ask with {{#if ${variable}}}`;
  switch (enter.kind) {
    case 'segment':
      return reading.error(
        'RK612',
        at,
        `${read}, but entry by a segment or a condition brings no data`,
        help,
      );
    case 'trait':
    case 'date':
    case 'schedule':
      return reading.error(
        'RK612',
        at,
        `${read}, but entry by a ${enter.kind} brings ${entryBrings(enter.kind)!.join(' and ')} only`,
        help,
      );
    case 'api':
    case 'broadcast':
      return reading.warn(
        'RK612',
        at,
        `${read}, and for whoever enters without it no mail goes out`,
        `${near ? `did you mean entry.${near}? Else ` : ''}ask for it: needs: [${variable.slice('entry.'.length)}] inside enter:, or give it a default`,
      );
    case 'event':
      if (near !== null)
        reading.warn('RK612', at, `${read}, which nothing else here knows of its event`, help);
  }
}

/** First names of what the entry's data are known to hold. */
function fieldsOf({ needs, per, ...enter }: Entry): Set<string> {
  const paths: (Path | null)[] = [...needs, per];
  const tests: PropertyTest[] = enter.kind === 'event' ? enter.match.where : [];
  const first = [...paths, ...tests.map(({ path }) => path)].flatMap((path) => path?.[0] ?? []);
  return new Set([...(entryBrings(enter.kind) ?? []), ...first]);
}
