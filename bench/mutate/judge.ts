/**
 * What the product makes of one mutation. Refused: an error points at a line that the mutation touched, or at one that it
 * made wrong because that line uses what it took away. Changed: accepted, the meaning is another, and the plan shows it.
 */
import { candidatesOf, compare } from '../../src/definitions/compare-definitions.js';
import type { CheckResult } from '../../src/language/check.js';
import type { SourceFile } from '../../src/language/source-file.js';
import { checkDefinitions } from '../../src/messages/check-definitions.js';
import type { CompiledBefore } from '../../src/messages/compile-once.js';
import { meaningOf } from './meaning.js';
import type { Mutation } from './mutations.js';

export type Outcome = 'refused' | 'misplaced' | 'changed' | 'ignored' | 'crashed';

export interface Judged {
  outcome: Outcome;
  /** Of a crash its stack; of what was misplaced, where the errors are. */
  detail: string;
}

/** What is compared with. */
export interface Base {
  sources: readonly SourceFile[];
  checked: CheckResult;
  meaning: string;
  testsMeaning: string;
  compiled: CompiledBefore;
}

/** Null when the configuration has errors itself. */
export async function baseOf(sources: readonly SourceFile[]): Promise<Base | null> {
  const compiled: CompiledBefore = new Map();
  const checked = await checkDefinitions(sources, compiled);
  if (!checked.definitions) return null;
  const [meaning, testsMeaning] = [meaningOf(checked.definitions), meaningOf(checked.tests)];
  return { sources, checked, meaning, testsMeaning, compiled };
}

export async function judge(base: Base, path: string, mutation: Mutation): Promise<Judged> {
  const sources = base.sources.map((file) =>
    file.path === path ? { ...file, text: mutation.text } : file,
  );
  try {
    const checked = await checkDefinitions(sources, base.compiled);
    return checked.definitions
      ? judgeAccepted(base, checked)
      : judgeRefused(checked, sources, path, mutation);
  } catch (error) {
    return {
      outcome: 'crashed',
      detail: error instanceof Error ? (error.stack ?? '') : String(error),
    };
  }
}

function judgeAccepted(base: Base, { definitions, tests }: CheckResult): Judged {
  const live = candidatesOf(base.checked.definitions!);
  const planned = compare(live, candidatesOf(definitions!));
  const isOther = meaningOf(definitions) !== base.meaning;
  const ofTests = meaningOf(tests) !== base.testsMeaning;
  if (isOther !== planned.length > 0)
    return {
      outcome: 'ignored',
      detail: `the plan shows ${planned.length} changes, the meaning ${isOther ? 'changed' : 'did not'}`,
    };
  return isOther || ofTests
    ? { outcome: 'changed', detail: planned.map(({ kind, name }) => `${kind} ${name}`).join(', ') }
    : { outcome: 'ignored', detail: 'accepted, and means what it meant' };
}

function judgeRefused(
  { diagnostics }: CheckResult,
  sources: readonly SourceFile[],
  path: string,
  { lines, words }: Mutation,
): Judged {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const touched = errors.some(
    ({ file, range }) =>
      file === path &&
      lines.some(([first, last]) => range.start.line <= last && range.end.line >= first),
  );
  const names = words
    .flatMap((word) => [word, word.slice(word.lastIndexOf('/') + 1)])
    .filter((word) => /[a-z]/i.test(word));
  // A line is wrong because it uses what was taken away, or because of a line that it names.
  const made = errors.some(({ file, range, message, help = '' }) => {
    const text = sources.find((source) => source.path === file)?.text.split('\n') ?? [];
    const marked = text.slice(range.start.line - 1, range.end.line).join('\n');
    const said = `${message} ${help}`.replaceAll(':`', '`');
    const named = [...message.matchAll(/on line (\d+)/g)].map(([, line]) => Number(line));
    return (
      names.some((name) => marked.includes(name) || said.includes(`\`${name}\``)) ||
      (file === path &&
        named.some((line) => lines.some(([first, last]) => line >= first && line <= last)))
    );
  });
  if (touched || made) return { outcome: 'refused', detail: '' };
  const detail = errors.map(
    (one) => `${one.file}:${one.range.start.line} ${one.code} ${one.message}`,
  );
  return { outcome: 'misplaced', detail: detail.join('; ') };
}
