/**
 * Fixtures of the language: several files in one, each after a line `#: path`. What a fixture does not bring
 * (rekindle.yaml, a segment, a template) comes from the base, so that it shows one problem and nothing else.
 */
import { classifyConfigPath, classifyTemplatePath } from '../../src/language/classify-path.js';
import type { SourceFile } from '../../src/language/source-file.js';

const BASE = `#: config/rekindle.yaml
project: Acme
zone: Europe/Berlin
senders:
  marketing: { name: Acme, email: hello@news.acme.com }
  transactional: { name: Acme Billing, email: billing@acme.com }
postal_address: Acme GmbH, Torstrasse 1, 10119 Berlin
topics:
  offers: { name: Offers }
#: config/segments/payers.yaml
who: { trait: plan, in: [pro, team] }
#: templates/welcome.html
---
subject: Welcome
---
<p>Welcome!</p>
`;

/** The files of a fixture, completed by the base; a line `#: without path` takes one of the base away. */
export function fixtureSources(fixture: string): SourceFile[] {
  const without = [...fixture.matchAll(/^#: without (.+)\n/gm)].map((match) => match[1]!);
  const own = split(fixture.replace(/^#: without .+\n/gm, ''));
  const base = split(BASE).filter(
    ({ path }) => !without.includes(path) && !own.some((file) => file.path === path),
  );
  return [...base, ...own];
}

/** A source file by its path, classified as on disk; `path -> problem` is a link that cannot be followed. */
export function sourceFile(name: string, text: string): SourceFile {
  const [path = '', link] = name.split(' -> ');
  if (link !== undefined) return { path, kind: 'unknown', id: path, text: '', link };
  const [, folder, rest] = /^(config|templates)\/(.*)$/.exec(path)!;
  const classified = folder === 'config' ? classifyConfigPath(rest!) : classifyTemplatePath(rest!);
  if (!classified) throw new Error(`no rule for ${path}`);
  return { ...classified, path, text };
}

function split(fixture: string): SourceFile[] {
  const pieces = fixture.split(/^#: (.+)\n/m);
  if (pieces[0]!.trim() !== '') throw new Error('a fixture begins with a line `#: path`');
  const files: SourceFile[] = [];
  for (let i = 1; i < pieces.length; i += 2) files.push(sourceFile(pieces[i]!, pieces[i + 1]!));
  return files;
}
