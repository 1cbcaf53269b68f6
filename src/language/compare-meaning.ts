/**
 * What changes in what a definition means from one version to another, statement by statement in the language's words; how a
 * file is laid out and commented does not matter. Pure.
 */
import type { Definition } from './definitions.js';
import { sayDefinition, type Statement } from './say-definition.js';
import { allSteps } from './steps.js';

export interface MeaningChange {
  /** `enter.again`, `exit`, `step offer`. */
  place: string;
  /** Null: it was not said before. */
  before: string | null;
  /** Null: it is not said any more. */
  after: string | null;
}

/** In the order of the new version, each removed statement where it stood in the old one; empty when both mean the same. */
export function compareMeaning(
  before: Definition | null,
  after: Definition | null,
): MeaningChange[] {
  const old = new Map((before ? sayDefinition(before) : []).map((one) => [one.key, one]));
  const young = new Map((after ? sayDefinition(after) : []).map((one) => [one.key, one]));
  const gone: MeaningChange[] = [...old.values()]
    .filter(({ key }) => !young.has(key))
    .map(({ place, says }) => ({ place, before: says, after: null }));
  const come = [...young.values()].flatMap((one) => changeOf(old.get(one.key), one));
  return [...byPlace(gone, come), ...orderChange(before, after)];
}

function changeOf(old: Statement | undefined, { place, says }: Statement): MeaningChange[] {
  if (old?.says === says) return [];
  return [{ place, before: old?.says ?? null, after: says }];
}

/** What is gone from a place stands before what came to it. */
function byPlace(gone: readonly MeaningChange[], come: readonly MeaningChange[]): MeaningChange[] {
  const places = [...new Set([...come, ...gone].map(({ place }) => place))];
  return places.flatMap((place) => [...gone, ...come].filter((change) => change.place === place));
}

/** Steps that both have, in another order: no word of any step tells. */
function orderChange(before: Definition | null, after: Definition | null): MeaningChange[] {
  if (before?.kind !== 'campaign' || after?.kind !== 'campaign') return [];
  const [old, young] = [before, after].map(({ steps }) => allSteps(steps).map(({ id }) => id)) as [
    string[],
    string[],
  ];
  const both = (ids: string[], others: string[]): string =>
    ids.filter((id) => others.includes(id)).join(', ');
  const [was, is] = [both(old, young), both(young, old)];
  return was === is ? [] : [{ place: 'order of steps', before: was, after: is }];
}
