/** The blocks of YAML that the docs show, and what kind of file each of them is. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { SourceFile } from '../../src/language/source-file.js';

const ROOT = resolve(__dirname, '../..');
export const PAGES = ['README.md', ...pagesIn('docs'), ...pagesIn('docs/adr')];

function pagesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`);
}

export interface Block {
  /** `docs/campaigns.md:21`. */
  place: string;
  text: string;
  /** What stands above it. */
  before: string;
}

/** YAML, and blocks that begin as a template does. */
export function blocksOf(page: string): Block[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)]
    .filter(
      ([, language, block]) =>
        language === 'yaml' || (language === '' && block!.startsWith('---\n')),
    )
    .map(({ 2: block, index }) => ({
      place: `${page}:${text.slice(0, index).split('\n').length + 1}`,
      text: block!,
      before: text.slice(0, index),
    }));
}

export type BlockKind = Extract<
  SourceFile['kind'],
  'project' | 'segment' | 'score' | 'campaign' | 'test' | 'template'
>;

/** By the keys at the top; what no file of its own begins with is a part of rekindle.yaml. */
export function kindOf(text: string): BlockKind {
  if (text.startsWith('---\n')) return 'template';
  if (/^campaign:/m.test(text)) return 'test';
  if (/^(?:enter|steps):/m.test(text)) return 'campaign';
  if (/^points:/m.test(text)) return 'score';
  return /^(?:who|description):/m.test(text) ? 'segment' : 'project';
}
