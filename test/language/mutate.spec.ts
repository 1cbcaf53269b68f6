/**
 * Random slips in the shipped configuration: each is refused at the right line, or accepted and means something else,
 * which the plan shows. `npm run mutate` makes many more of them.
 */
import { join, resolve } from 'node:path';
import { loadBase, type LoadedBase } from '../../bench/mutate/base.js';
import { judge } from '../../bench/mutate/judge.js';
import type { Mutation } from '../../bench/mutate/mutations.js';
import { runMutations } from '../../bench/mutate/run.js';

const ROOT = resolve(__dirname, '../..');
const CONFIG = join(ROOT, 'config');
const TEMPLATES = join(ROOT, 'templates');

let loaded: LoadedBase;
beforeAll(async () => {
  loaded = await loadBase(CONFIG, TEMPLATES);
}, 60_000);

it('refuses every mutation at its line, or takes it for something else', async () => {
  const { base, leftOut } = loaded;
  expect(leftOut).toEqual([]);
  const { counts, findings } = await runMutations(base, { seed: 7, perFile: 4 });
  expect(
    findings.map(({ path, outcome, mutation }) => `${outcome} ${path} ${mutation.said}`),
  ).toEqual([]);
  expect(counts.refused + counts.changed).toBe(counts.mutations);
  expect(counts.refused).toBeGreaterThan(counts.changed);
  expect(counts.changed).toBeGreaterThan(5);
  process.stdout.write(
    `${counts.mutations} mutations of the shipped configuration: ${counts.refused} refused, ${counts.changed} changed\n`,
  );
}, 60_000);

it('knows what is ignored, what is refused elsewhere, and what crashes', async () => {
  const { base } = loaded;
  const { path, text } = base.sources.find(
    ({ kind, id }) => kind === 'campaign' && id === 'win-back',
  )!;
  const outcome = async (mutated: string, of = base): Promise<string> => {
    const mutation = {
      kind: 'rename',
      said: '',
      text: mutated,
      lines: [[1, 1]],
      words: [],
    } as Mutation;
    return (await judge(of, path, mutation)).outcome;
  };
  expect(await outcome(`${text}# a comment\n`)).toBe('ignored');
  expect(await outcome(text.replace('wait: 10 days', 'wait: 10 dayz'))).toBe('misplaced');
  expect(await outcome(text.replace('wait: 10 days', 'wait: 9 days'))).toBe('changed');
  const checked = { ...base.checked, definitions: null };
  expect(await outcome(text, { ...base, checked })).toBe('crashed');
});
