/**
 * Stage 1: traits that are kept as they were stated and cannot serve for what they are there for. In: traits; out: one
 * remark each. Nothing is lost by them: who sent them and who looks at the profile is told. Pure.
 */
import { parseAddress } from '../core/parse-address.js';
import type { Problem } from './check-value.js';
import type { JsonObject } from './item.js';
import { isKnownZone } from './known-zone.js';

export interface Remark extends Problem {
  code: 'bad_email' | 'bad_timezone';
}

const SHOWN = 80;

/** Of `email` and `timezone`; nothing (null, an empty text) is no mistake. */
export function remarksOn({ email, timezone }: JsonObject): Remark[] {
  const remarks: Remark[] = [];
  if (isSaid(email) && parseAddress(email) === null) {
    const detail = `the trait email, ${show(email)}, is no address: it is stored, and no mail goes there`;
    remarks.push({ code: 'bad_email', detail });
  }
  if (isSaid(timezone) && !(typeof timezone === 'string' && isKnownZone(timezone))) {
    const detail = `the trait timezone, ${show(timezone)}, is no zone such as Europe/Berlin: it is stored, and the zone of the project is used`;
    remarks.push({ code: 'bad_timezone', detail });
  }
  return remarks;
}

function isSaid(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

function show(value: unknown): string {
  const text = JSON.stringify(value).replace(/\p{Surrogate}/gu, '\ufffd');
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
