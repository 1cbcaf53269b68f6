/**
 * The send log's filters as they stand in the address. In: a query; out: the filter that delivery reads, or null where it
 * names a profile that does not exist, so nothing can fit. Days are whole days in the zone of the project.
 */
import { domainToASCII } from 'node:url';
import { HttpException } from '@nestjs/common';
import { z } from 'zod';
import { startOfLocalDay, toInstant } from '../../core/calendar.js';
import type { Instant } from '../../core/instant.js';
import type { Queryable } from '../../core/queryable.js';
import { readTraceId } from '../../core/trace.js';
import { MESSAGE_STATES, PURPOSES } from '../../core/reasons.js';
import { findCampaignVersion } from '../../definitions/definitions.sql.js';
import { mailIdOf, type SendLogFilter } from '../../delivery/send-log-filter.js';
import { findProfile } from '../../ingest/profiles.sql.js';
import { parseAddress } from '../../core/parse-address.js';
import { optionalText } from '../frame/console.js';

function choice<const T extends readonly string[]>(of: T) {
  return z.preprocess((value) => value || undefined, z.enum(of).optional());
}

/** As it was typed, so that the address keeps it; what is no number finds nothing and is refused. */
function number(most: number) {
  return z.preprocess(
    (value) => (typeof value === 'string' ? value.trim() : value) || undefined,
    z
      .string()
      .regex(/^\d{1,16}$/)
      .refine((text) => Number(text) >= 1 && Number(text) <= most)
      .optional(),
  );
}

const day = z.preprocess((value) => value || undefined, z.iso.date().optional());

export const messagesQuery = z.object({
  state: choice(MESSAGE_STATES),
  reason: optionalText(100),
  campaign: optionalText(200),
  step: optionalText(200),
  topic: optionalText(200),
  purpose: choice(PURPOSES),
  provider: optionalText(200),
  address: optionalText(320),
  domain: optionalText(253),
  /** Our number, or the application's id. */
  profile: optionalText(512),
  /** A trace id, as people paste it. */
  trace: optionalText(100),
  from: day,
  until: day,
  problems: z.preprocess((value) => value || undefined, z.literal('on').optional()),
  /** Of the campaign, which must be named too. */
  version: number(2 ** 31 - 1),
  id: number(Number.MAX_SAFE_INTEGER),
  mailId: optionalText(320),
  /** Whether the page renews itself. */
  live: z.preprocess((value) => value || undefined, z.literal('off').optional()),
  cursor: z.string().max(500).optional(),
});

export type MessagesQuery = z.output<typeof messagesQuery>;

/** What a question asks about: the filters alone. */
export function filtersOf(query: MessagesQuery): Omit<MessagesQuery, 'cursor' | 'live'> {
  const { cursor: _, live: __, ...filters } = query;
  return filters;
}

/** Null where the query names a profile or a version that does not exist, so nothing can fit. */
export async function toFilter(
  sql: Queryable,
  query: MessagesQuery,
  zone: string,
): Promise<SendLogFilter | null> {
  const { state, reason, campaign, step, topic, purpose, provider, problems } = query;
  const words = { reason, campaign, step, topic, purpose, provider };
  const filter: SendLogFilter = Object.fromEntries(
    Object.entries(words).filter(([, value]) => value !== undefined),
  );
  if (query.id) filter.id = Number(query.id);
  if (query.mailId) filter.mailId = mailIdOf(query.mailId);
  if (state) filter.states = [state];
  if (problems) filter.problems = true;
  if (query.from) filter.from = startOf(query.from, zone);
  if (query.until) filter.until = startOfLocalDay(startOf(query.until, zone), zone, 1);
  if (query.domain) filter.domain = domainToASCII(query.domain) || query.domain;
  if (query.address) filter.address = parseAddress(query.address) ?? query.address;
  if (query.trace) {
    const traceId = readTraceId(query.trace);
    if (traceId === null) return null;
    filter.traceId = traceId;
  }
  if (query.profile) {
    const profileId = await findNamed(sql, query.profile);
    if (profileId === null) return null;
    filter.profileId = profileId;
  }
  if (query.version) {
    if (!campaign) throw new HttpException('version: name its campaign too', 422);
    const versionId = await findCampaignVersion(sql, campaign, Number(query.version));
    if (versionId === null) return null;
    filter.versionId = versionId;
  }
  return filter;
}

/** The beginning of a day in the zone of the project. */
export function startOf(date: string, zone: string): Instant {
  const [year, month, day] = date.split('-').map(Number);
  const midnight = { hour: 0, minute: 0, second: 0, millisecond: 0 };
  return toInstant({ year: year!, month: month!, day: day!, ...midnight }, zone);
}

/** The application's id stands first, as everywhere in the console. */
async function findNamed(sql: Queryable, name: string): Promise<number | null> {
  const known = await findProfile(sql, { kind: 'user', value: name });
  if (known !== null || !/^\d{1,15}$/.test(name)) return known;
  return findProfile(sql, { kind: 'profile', value: Number(name) });
}

/** The address of the log with these filters; `change` puts one in place of another, undefined takes it away. */
export function messagesHref(
  query: MessagesQuery,
  change: { [K in keyof MessagesQuery]?: MessagesQuery[K] | undefined } = {},
  at = '/console/messages',
): string {
  const { cursor: _, ...filters } = { ...query, ...change };
  const set = Object.entries(filters).filter(([, value]) => value !== undefined);
  const text = new URLSearchParams(set as [string, string][]).toString();
  return text === '' ? at : `${at}?${text}`;
}
