/** Mutations of every YAML file of a configuration, judged and counted. */
import { isScalar } from 'yaml';
import { judge, type Base, type Judged, type Outcome } from './judge.js';
import { isYaml } from './base.js';
import { mutate, type Mutation } from './mutations.js';
import { Random } from './random.js';
import { keyOf, parse, placesIn, valueAt } from './tree.js';

export interface Counts {
  mutations: number;
  refused: number;
  changed: number;
  ignored: number;
  crashed: number;
}

export interface Finding extends Judged {
  path: string;
  mutation: Mutation;
}

export interface Report {
  counts: Counts;
  /** Refused, but only at lines that have nothing to do with it; they are among `refused`. */
  misplaced: number;
  /** What should not be: misplaced, ignored, crashed. */
  findings: Finding[];
}

export async function runMutations(
  base: Base,
  {
    seed,
    perFile,
    onFile,
  }: { seed: number; perFile: number; onFile?: (path: string, made: number) => void },
): Promise<Report> {
  const files = base.sources.filter(isYaml);
  const vocabulary = vocabularyOf(files.map(({ text }) => text));
  const seen = new Map<Outcome, number>();
  const findings: Finding[] = [];
  for (const [index, { path, text }] of files.entries()) {
    const random = new Random(seed * 1_000 + index);
    for (let n = 0; n < perFile; n++) {
      const mutation = mutate(text, vocabulary, random);
      const judged = await judge(base, path, mutation);
      seen.set(judged.outcome, (seen.get(judged.outcome) ?? 0) + 1);
      if (judged.outcome !== 'refused' && judged.outcome !== 'changed')
        findings.push({ ...judged, path, mutation });
    }
    onFile?.(path, (index + 1) * perFile);
  }
  const count = (outcome: Outcome): number => seen.get(outcome) ?? 0;
  const misplaced = count('misplaced');
  const counts = {
    mutations: files.length * perFile,
    refused: count('refused') + misplaced,
    changed: count('changed'),
    ignored: count('ignored'),
    crashed: count('crashed'),
  };
  return { counts, misplaced, findings };
}

/** Every key and every short scalar there is. */
function vocabularyOf(texts: readonly string[]): string[] {
  const words = new Set<string>();
  for (const text of texts)
    for (const place of placesIn(parse(text))) {
      const key = keyOf(place);
      if (key !== null) words.add(key);
      const value = valueAt(place);
      if (isScalar(value) && String(value.value).length < 40) words.add(String(value.value));
    }
  return [...words].sort();
}
