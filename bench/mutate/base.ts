/**
 * A configuration to mutate, as far as it validates: files that do not are left out, with all that needs them, and of
 * rekindle.yaml the keys that are not understood. Each file is written anew by the YAML printer, as its mutations will be.
 */
import { isPair, isMap } from 'yaml';
import { readSources } from '../../src/app/read-sources.js';
import type { SourceFile } from '../../src/language/source-file.js';
import { checkDefinitions } from '../../src/messages/check-definitions.js';
import { baseOf, type Base } from './judge.js';
import { linesAt, parse, print } from './tree.js';

export interface LoadedBase {
  base: Base;
  /** What was left out, as `path` or `path: key`. */
  leftOut: string[];
}

export async function loadBase(config: string, templates: string): Promise<LoadedBase> {
  let sources = (await readSources({ config, templates })).map((file) =>
    isYaml(file) ? { ...file, text: print(parse(file.text)) } : file,
  );
  const leftOut: string[] = [];
  for (;;) {
    const base = await baseOf(sources);
    if (base) return { base, leftOut };
    const { diagnostics } = await checkDefinitions(sources);
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    const wrong = new Set(errors.map(({ file }) => file));
    const project = sources.find(({ kind, path }) => kind === 'project' && wrong.has(path));
    const [first] = wrong;
    if (project)
      leftOut.push(
        ...withoutWrongKeys(
          project,
          errors.filter(({ file }) => file === project.path).map(({ range }) => range.start.line),
        ),
      );
    else leftOut.push(...wrong);
    const before = sources.length;
    if (!project) sources = sources.filter(({ path }) => !wrong.has(path));
    if (!project && sources.length === before) throw new Error(`${first} cannot be left out`);
  }
}

export function isYaml({ kind }: SourceFile): boolean {
  return ['project', 'segment', 'campaign', 'test', 'score'].includes(kind);
}

/** Takes away the top-level keys that have an error inside; says which. */
function withoutWrongKeys(file: SourceFile, lines: readonly number[]): string[] {
  const document = parse(file.text);
  if (!isMap(document.contents)) throw new Error(`${file.path} has no keys`);
  const wrong = document.contents.items.filter((_, index) => {
    const [first, last] = linesAt(file.text, [index]);
    return lines.some((line) => line >= first && line <= last);
  });
  if (wrong.length === 0) throw new Error(`${file.path} is wrong as a whole`);
  document.contents.items = document.contents.items.filter((item) => !wrong.includes(item));
  file.text = print(document);
  return wrong.map(
    (item) =>
      `${file.path}: ${isPair(item) ? String((item.key as { value?: unknown }).value) : ''}`,
  );
}
