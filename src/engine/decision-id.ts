/** The name of what one step of one enrolment decided: the same however often it is computed, also after a restore. Pure. */
import { createHash } from 'node:crypto';
import type { EnrolmentState } from './window.js';

/** 32 hexadecimal digits; `workspace` keeps two installations apart. */
export function decisionId(
  workspace: string,
  { enrolment, step, iteration }: { enrolment: EnrolmentState; step: string; iteration: number },
): string {
  const { profile, version, trigger } = enrolment;
  return createHash('md5')
    .update(JSON.stringify([workspace, profile.id, version.id, trigger, step, iteration]))
    .digest('hex');
}
