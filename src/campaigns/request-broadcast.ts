/**
 * Stage 3: asking for a broadcast. In: a campaign, entry data, how many the asker expects to match. Out: one broadcast,
 * that the same request finds again; or an HttpProblem that says why not. What was counted is what is done: everybody is
 * judged as of the instant of the count.
 */
import { createHash } from 'node:crypto';
import { recordAction } from '../core/audit.js';
import type { Clock } from '../core/clock.js';
import { HttpProblem } from '../core/http-problem.js';
import type { Instant } from '../core/instant.js';
import type { ConnectionSource, Queryable } from '../core/queryable.js';
import { inTransaction } from '../core/transaction.js';
import { lockDefinitionsShared } from '../definitions/definitions-lock.js';
import { loadLive } from '../definitions/load-definitions.js';
import { eventKey } from '../ingest/staged-events.sql.js';
import type { CampaignDefinition, ProjectDefinition } from '../language/definitions.js';
import { compileCondition, type CompiledCondition } from '../segments/compile-condition.js';
import { matchingQuery } from '../segments/evaluate.js';
import { insertBroadcast, requestOf } from './broadcasts.sql.js';
import { closedCampaigns } from './campaign-states.sql.js';
import { missingNeeds } from './decide-entry.js';

/** Every enrolment keeps a copy. */
const MOST_ENTRY_BYTES = 8_192;
/** In percent. */
export const USUAL_TOLERANCE = 10;

/** A campaign that broadcasts may be asked of now. */
export interface OpenCampaign {
  id: string;
  versionId: number;
  definition: CampaignDefinition;
  project: ProjectDefinition;
  who: CompiledCondition;
}

export interface BroadcastRequest {
  campaign: string;
  entry: Record<string, unknown>;
  /** How many matched when the asker looked. */
  expected: number;
  /** By how many percent it may have grown since. */
  tolerance: number;
  /** Who asks, as the audit log names it: keys of two askers are apart. */
  by: string;
  /** Idempotency-Key. */
  key: string;
}

/** The campaign, ready to be counted or broadcast. Throws 404 where nothing of this name is live, 409 where it takes no broadcast. */
export async function openCampaign(sql: Queryable, id: string): Promise<OpenCampaign> {
  const live = await loadLive(sql);
  const version = live?.campaigns.get(id);
  if (!live || !version) throw new HttpProblem(404, 'no such campaign is live');
  const { definition, versionId } = version;
  if (definition.enter.kind !== 'broadcast')
    throw new HttpProblem(409, `it is entered by ${definition.enter.kind}, not by broadcast`);
  if (definition.draft)
    throw new HttpProblem(409, 'it is a draft: nobody enters it until draft: goes');
  const closed = (await closedCampaigns(sql)).get(id);
  if (closed)
    throw new HttpProblem(409, `it is ${closed}: nobody enters it until it is opened again`);
  const segments = new Map([...live.segments].map(([name, segment]) => [name, segment.definition]));
  const who = compileCondition(definition.enter.who, segments);
  return { id, versionId, definition, project: live.project, who };
}

/** Throws 422 for entry data that lack what the campaign needs, or are too much for every enrolment to hold. */
export function checkEntryData(
  { enter }: CampaignDefinition,
  entry: Record<string, unknown>,
): void {
  const missing = missingNeeds(enter, entry);
  if (missing.length > 0)
    throw new HttpProblem(
      422,
      `the campaign needs entry data: ${missing.join(', ')}`,
      {},
      { missing },
    );
  const bytes = Buffer.byteLength(JSON.stringify(entry));
  if (bytes > MOST_ENTRY_BYTES)
    throw new HttpProblem(
      422,
      `entry has ${bytes} bytes of JSON, and ${MOST_ENTRY_BYTES} are allowed: every enrolment keeps a copy`,
    );
}

/** Asks for a broadcast, or finds the one that this request asked for before; its id. */
export async function requestBroadcast(
  source: ConnectionSource,
  clock: Clock,
  request: BroadcastRequest,
): Promise<string> {
  const { campaign, entry, expected, tolerance, by, key } = request;
  const id = eventKey(`broadcast:${by}`, key);
  const hash = createHash('sha256')
    .update(JSON.stringify([campaign, entry, expected, tolerance]))
    .digest();
  if (await isRepeated(source, id, hash)) return id;
  const open = await openCampaign(source, campaign);
  checkEntryData(open.definition, entry);
  const at = await clock.now(source);
  const counted = await countMatching(source, open, { at, entry });
  checkExpectation(counted, request, at);
  const broadcast = { id, campaign, versionId: open.versionId, entry, at, counted, by };
  await inTransaction(source, async (sql) => {
    await lockDefinitionsShared(sql);
    if ((await openCampaign(sql, campaign)).versionId !== open.versionId)
      throw new HttpProblem(409, 'the campaign was changed while it was counted: count again');
    // False: the same request came twice at once, and the other one is committed by now.
    if (!(await insertBroadcast(sql, { ...broadcast, request: hash }))) return;
    const action = { action: 'broadcast.request', subject: `campaign/${campaign}` };
    const detail = { broadcast: id, counted, expected, entry };
    await recordAction(sql, { at: await clock.now(sql), actor: by, ...action, detail });
  });
  await isRepeated(source, id, hash);
  return id;
}

async function countMatching(
  sql: Queryable,
  { who, project }: OpenCampaign,
  of: { at: Instant; entry: Record<string, unknown> },
): Promise<number> {
  const { text, values } = await matchingQuery(sql, who, { ...of, projectZone: project.zone });
  const { rows } = await sql.query<{ n: number }>(`select count(*) as n from (${text}) m`, values);
  return rows[0]!.n;
}

/** Whether this was asked before. Throws 422 for another request under its key. */
async function isRepeated(sql: Queryable, id: string, hash: Buffer): Promise<boolean> {
  const before = await requestOf(sql, id);
  if (before !== null && !before.equals(hash))
    throw new HttpProblem(422, 'this Idempotency-Key was used for another request');
  return before !== null;
}

function checkExpectation(
  count: number,
  { expected, tolerance }: BroadcastRequest,
  at: Instant,
): void {
  if (count * 100 <= expected * (100 + tolerance)) return;
  throw new HttpProblem(
    409,
    `${count} match now, ${expected} were expected: that is more than ${tolerance} % more. Look again, and say expected: ${count} if it is right`,
    {},
    { count, at: new Date(at).toISOString() },
  );
}
