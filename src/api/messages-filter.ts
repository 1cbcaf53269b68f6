/** REST: the filters of the send log as somebody asks for them. Out: the filter that delivery reads. */
import { HttpException } from '@nestjs/common';
import { domainToASCII } from 'node:url';
import type { Queryable } from '../core/queryable.js';
import { readTraceId } from '../core/trace.js';
import { findCampaignVersion } from '../definitions/definitions.sql.js';
import { mailIdOf, type SendLogFilter } from '../delivery/send-log-filter.js';
import { findProfile } from '../ingest/profiles.sql.js';
import { parseAddress } from '../core/parse-address.js';
import { readInstant } from './instant-field.js';
import type { CountsQuery } from './messages.dto.js';

/** Null: it names a profile or a version that does not exist, so nothing can fit (yet). Throws 422 for what is no filter. */
export async function readFilter(
  sql: Queryable,
  query: CountsQuery,
): Promise<SendLogFilter | null> {
  const { state, version, profile, address, domain, from, until, mailId, trace, ...same } = query;
  const filter = Object.fromEntries(
    Object.entries(same).filter(([, value]) => value !== undefined),
  ) as SendLogFilter;
  if (state) filter.states = state;
  if (mailId !== undefined) filter.mailId = mailIdOf(mailId);
  if (trace !== undefined) filter.traceId = readTrace(trace);
  if (from !== undefined) filter.from = readInstant(from);
  if (until !== undefined) filter.until = readInstant(until);
  if (domain !== undefined) filter.domain = domainToASCII(domain);
  if (address !== undefined) filter.address = readAddress(address);
  if (profile !== undefined) {
    const profileId = await findProfile(sql, { kind: 'user', value: profile });
    if (profileId === null) return null;
    filter.profileId = profileId;
  }
  if (version !== undefined) {
    if (query.campaign === undefined) throw new HttpException('version needs campaign', 422);
    const versionId = await findCampaignVersion(sql, query.campaign, version);
    if (versionId === null) return null;
    filter.versionId = versionId;
  }
  return filter;
}

function readTrace(text: string): string {
  const id = readTraceId(text);
  if (id === null)
    throw new HttpException('trace is no trace id: 32 hexadecimal digits, or a traceparent', 422);
  return id;
}

/** One mail address in the form that rows have; throws 422 for what is none. */
export function readAddress(address: string): string {
  const parsed = parseAddress(address);
  if (parsed === null)
    throw new HttpException('address is not one mail address, as ann@example.com is', 422);
  return parsed;
}
