/** Sections of docs/api.md that are run as they stand there: their blocks of commands, and the answers beneath. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const PAGE = resolve(__dirname, '../../docs/api.md');

export function sectionOf(title: string): string {
  const [, after] = readFileSync(PAGE, 'utf8').split(`\n## ${title}\n`);
  return after!.split('\n## ', 1)[0]!;
}

/** Blocks of a section with the answer under each, null where none is shown. */
export function blocksOf(title: string): { script: string; answer: string | null }[] {
  return [...sectionOf(title).matchAll(/^```sh\n(.*?)^```\n(?:\n```json\n(.*?)^```)?/gms)]
    .map(([, script, answer]) => ({ script: script!, answer: answer ?? null }))
    .filter(({ script }) => !script.includes('cli.js'));
}

/** `"…"` stands for anything. */
export function expected(answer: string): unknown {
  return JSON.parse(answer, (_key, value: unknown) => {
    if (value === '…') return expect.anything() as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (expect.objectContaining(value) as unknown)
      : value;
  });
}
