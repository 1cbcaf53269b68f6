/**
 * Definitions as they are to be. In: which one, and its text. Out: what the checker says of it beside everything that is
 * live, and what applying it would do.
 */
import { HttpException } from '@nestjs/common';
import { z } from 'zod';
import { planChanges, type SaidPlan } from '../../campaigns/plan-changes.js';
import { planDiagnostics } from '../../campaigns/plan-diagnostics.js';
import type { Instant } from '../../core/instant.js';
import type { Queryable } from '../../core/queryable.js';
import { loadLiveSources, pathOf } from '../../definitions/live-sources.sql.js';
import { printDiagnostics } from '../../language/print-diagnostics.js';
import type { SourceFile } from '../../language/source-file.js';
import { checkDefinitions } from '../../messages/check-definitions.js';

/** What can be written here; templates are changed where they are written. */
export const WRITABLE = ['project', 'segment', 'score', 'campaign'] as const;

export const definitionName = z.string().regex(/^[\w-]+(?:\/[\w-]+)*$/);
const address = z.object({ kind: z.enum(WRITABLE), name: definitionName });
export type DefinitionAddress = z.output<typeof address>;

/** Which definition the address names; 404 for what can be none. */
export function readAddress(params: unknown): DefinitionAddress {
  const parsed = address.safeParse(params);
  if (!parsed.success) throw new HttpException('there is no such definition', 404);
  return parsed.data;
}

export function definitionHref({ kind, name }: { kind: string; name: string }): string {
  return `/console/definitions/${kind}/${encodeURIComponent(name)}`;
}

/** Everything that is live, with this one file as it is to be. */
export async function checkDraft(
  sql: Queryable,
  which: DefinitionAddress,
  text: string,
): Promise<{ sources: SourceFile[] } & Awaited<ReturnType<typeof checkDefinitions>>> {
  const path = pathOf(which);
  const others = (await loadLiveSources(sql)).filter((file) => file.path !== path);
  const sources = [...others, { path, kind: which.kind, id: which.name, text }];
  return { sources, ...(await checkDefinitions(sources)) };
}

export interface PlannedDraft {
  text: string;
  /** What the checker says. */
  problems: string;
  /** Null: the text has errors. */
  plan: SaidPlan | null;
}

export async function planDraft(
  sql: Queryable,
  which: DefinitionAddress,
  { text, now }: { text: string; now: Instant },
): Promise<PlannedDraft> {
  const { sources, definitions, diagnostics, ...named } = await checkDraft(sql, which, text);
  const texts = new Map(sources.map((file) => [file.path, file.text]));
  const plan = definitions && (await planChanges(sql, definitions, now));
  const live = plan ? await planDiagnostics(sql, { definitions, ...named }, plan, now) : [];
  return {
    text,
    problems: printDiagnostics([...diagnostics, ...live], texts, { colours: false }),
    plan,
  };
}
