/**
 * Stage 3: what the language cannot know of a configuration and its database does, as diagnostics at their lines. In: the
 * plan of an apply and what its definitions name. Out: warnings. Names that nothing has had so far are said of what changes
 * only, so that they are read once; so is it of moments that have passed.
 */
import type { Diagnostic } from '../core/diagnostic.js';
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { Plan } from '../definitions/plan-definitions.js';
import { unseenNames, type Unseen } from '../definitions/unseen-names.sql.js';
import { pastMoments, type Moment } from '../language/checks/past-moments.js';
import type { LiveCode } from '../language/codes.js';
import type { Definitions } from '../language/definitions.js';
import type { Mention } from '../language/mentions.js';
import { allSteps } from '../language/steps.js';
import { orList, suggest } from '../language/words.js';
import type { PlanImpact } from './plan-impact.sql.js';

export async function planDiagnostics(
  sql: Queryable,
  {
    definitions,
    mentions,
    moments,
  }: { definitions: Definitions; mentions: readonly Mention[]; moments: readonly Moment[] },
  plan: Pick<Plan, 'changes'> & { impact?: PlanImpact },
  now: Instant,
): Promise<Diagnostic[]> {
  const changing = new Set(plan.changes.map(({ kind, name }) => `${kind}/${name}`));
  const asked = mentions.filter(({ definition: { kind, name } }) =>
    changing.has(`${kind}/${name}`),
  );
  const campaigns = plan.changes.filter(({ kind }) => kind === 'campaign').map(({ name }) => name);
  const unseen = await unseenNames(sql, asked);
  return [
    ...byCause(unseen).map(describeUnseen),
    ...pastMoments(moments, now, new Set(campaigns)),
    ...lostSteps(definitions, mentions, plan.impact?.campaigns ?? []),
  ];
}

/** A name that stands in several places is one slip, said at the first of them. */
function byCause(unseen: readonly Unseen[]): [Unseen, ...Unseen[]][] {
  const causes = new Map<string, [Unseen, ...Unseen[]]>();
  for (const one of unseen) {
    const { kind, name, of } = one.mention;
    const cause = JSON.stringify([kind, name, of]);
    const known = causes.get(cause);
    if (known) known.push(one);
    else causes.set(cause, [one]);
  }
  return [...causes.values()];
}

/** Other places that are named; of more it is said how many. */
const MOST_PLACES = 3;

function describeUnseen([{ mention, known }, ...others]: [Unseen, ...Unseen[]]): Diagnostic {
  const { kind, name, of } = mention;
  if (kind === 'feedback') return describeUntold(mention, others);
  const [message, noun] = {
    event: [`no event \`${name}\` has come in so far`, 'events'],
    trait: [`nobody has a trait \`${name}\` so far`, 'traits'],
    account_trait: [`no company has a trait \`${name}\` so far`, 'traits of companies'],
    property: [
      `no ${orList(of.map((event) => `\`${event}\``))} of late has a property \`${name}\``,
      'properties',
    ],
  }[kind as Exclude<Mention['kind'], 'campaign' | 'feedback'>] as [string, string];
  return warning(
    'RK801',
    mention,
    message,
    `${suggest(name, known, noun)}${alsoAt(mention, others)}`,
  );
}

function describeUntold(mention: Mention, others: readonly Unseen[]): Diagnostic {
  const { name } = mention;
  return warning(
    'RK804',
    mention,
    `nobody has told Rekindle of a mail that was ${name} so far`,
    `until that comes in \`was: ${name}\` is true of nobody, with \`never\` of everybody; send your provider's events to POST /api/v1/messages/feedback${alsoAt(mention, others)}`,
  );
}

function alsoAt(first: Mention, others: readonly Unseen[]): string {
  const places = placesOf(first, others);
  return places.length === 0 ? '' : ` (also at ${places.join(', ')})`;
}

/** `file:line`, each once. */
function placesOf(first: Mention, others: readonly Unseen[]): string[] {
  const line = ({ file, range }: Mention): string => `${file}:${range.start.line}`;
  const places = new Set(others.map(({ mention }) => line(mention)));
  places.delete(line(first));
  const named = [...places].slice(0, MOST_PLACES);
  const more = places.size - named.length;
  return more > 0 ? [...named, `${more} other ${more === 1 ? 'place' : 'places'}`] : named;
}

/** Steps at which somebody of an older version stands, and which are gone. */
function lostSteps(
  { campaigns }: Definitions,
  mentions: readonly Mention[],
  impacts: PlanImpact['campaigns'],
): Diagnostic[] {
  return impacts.flatMap(({ campaign, inFlight }) => {
    const definition = campaigns.find(({ id }) => id === campaign);
    const mention = mentions.find(({ kind, name }) => kind === 'campaign' && name === campaign);
    if (!definition || !mention) return [];
    const ids = allSteps(definition.steps).map(({ id }) => id);
    return inFlight.flatMap(({ version, step, active, kept }) => {
      if (kept || step === null) return [];
      const people = `${active} ${active === 1 ? 'enrolment' : 'enrolments'} of version ${version}`;
      const message = `the step \`${step}\` is gone, and ${people} ${active === 1 ? 'stands' : 'stand'} at it`;
      const help = `${active === 1 ? 'it goes on with its' : 'they go on with their'} version; if the step was only rewritten, keep its name by id: ${step} (${suggest(step, ids, 'now there are')})`;
      return [warning('RK802', mention, message, help)];
    });
  });
}

function warning(
  code: LiveCode,
  { file, range }: Mention,
  message: string,
  help: string,
): Diagnostic {
  return { code, severity: 'warning', file, range, message, help };
}
