/** Steps that start their own campaign again: at best refused every time, at worst without an end. */
import { isScalar, passes } from './campaign-cycles.js';
import type { CampaignDefinition, Scalar, Step } from '../definitions.js';
import type { Reading } from '../reading.js';
import { allSteps, takesTime } from '../steps.js';

type ByTrait = Extract<CampaignDefinition['enter'], { kind: 'trait' }>;

export function checkOwnLoops(reading: Reading, campaign: CampaignDefinition): void {
  for (const step of allSteps(campaign.steps)) {
    if (statesAnew(step, campaign))
      reading.warn(
        'RK412',
        reading.placeOf(step),
        'this step states the trait whose change lets in: it starts its own campaign again',
        'say changed: { to: … } of what the application states; or again: never',
      );
    if (!restarts(step, campaign)) continue;
    reading.error(
      'RK412',
      reading.placeOf(step),
      'this step starts its own campaign again',
      'repeat: does things again and again; another campaign may follow this one',
    );
  }
}

function restarts(step: Step, { id, enter }: CampaignDefinition): boolean {
  if (step.kind === 'enrol') return step.campaign === id;
  if (step.kind !== 'track' || enter.kind !== 'event') return false;
  const { names } = enter.match;
  return names.kind === 'any' || names.names.includes(step.event);
}

/**
 * Whether it states another value of the trait whose change lets in, and that change would let in again: later than the entry, since
 * one instant lets in once, and with nothing to wait for after it, so that the enrolment is over by then (or begins anew).
 */
function statesAnew(step: Step, { enter, steps }: CampaignDefinition): boolean {
  if (step.kind !== 'set' || enter.kind !== 'trait' || enter.again.kind !== 'always') return false;
  const place = steps.indexOf(step);
  if (!steps.slice(0, Math.max(place, 0)).some(takesTime)) return false;
  if (enter.ifActive !== 'restart' && steps.slice(place + 1).some(takesTime)) return false;
  const [name = '', ...rest] = enter.path;
  const stated = rest.length === 0 && Object.hasOwn(step.traits, name) ? step.traits[name] : null;
  return stated?.kind === 'literal' && isScalar(stated.value) && changesTo(stated.value, enter);
}

/** Only where whoever is let in may have another value that lets in: of one that is named it is said that they have it. */
function changesTo(value: Scalar, { from, to }: ByTrait): boolean {
  const isNamed = to.some((test) => test.op === 'is' && !test.negated);
  return from.length === 0 && !isNamed && to.every((test) => passes(value, test));
}
